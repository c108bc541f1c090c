// From the YAML below `gates:` of a zone to its GateConfig.

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

constexpr uint32_t kPercentShrinkMax = 100;
constexpr uint32_t kPercentGrowthMax = 100'000;

// "5%", "0.5%" and "12.25%", in hundredths of a percent.
std::optional<uint32_t> HundredthsOf(absl::string_view text, uint32_t percent_max) {
  constexpr absl::string_view kDigits = "0123456789";
  if (!absl::ConsumeSuffix(&text, "%")) return std::nullopt;
  const size_t dot = text.find('.');
  const absl::string_view whole = text.substr(0, dot);
  std::string fraction(dot == absl::string_view::npos ? "00" : text.substr(dot + 1));
  if (fraction.size() == 1) fraction.push_back('0');
  uint32_t percent = 0;
  uint32_t hundredths = 0;
  const bool has_digits = whole.find_first_not_of(kDigits) == absl::string_view::npos &&
                          fraction.find_first_not_of("0123456789") == std::string::npos;
  if (!has_digits || fraction.size() != 2 || !absl::SimpleAtoi(whole, &percent) ||
      !absl::SimpleAtoi(fraction, &hundredths) || percent > percent_max) {
    return std::nullopt;
  }
  if (percent == percent_max && hundredths != 0) return std::nullopt;
  return percent * 100 + hundredths;
}

void ReadShareMax(const YamlNode& node, uint32_t percent_max, Reading& to,
                  std::optional<uint32_t>& out) {
  const std::string example =
      absl::StrCat("a share from 0% to ", percent_max, "%, such as 5% or 0.5%, or none");
  std::string text;
  if (!ReadText(node, example, to, text)) return;
  if (text == "none") return out.reset();
  const std::optional<uint32_t> share = HundredthsOf(text, percent_max);
  if (share.has_value()) {
    out = share;
  } else {
    to.Error(node.line, absl::StrCat(to.Key(), Quoted(text), " is not valid; give ", example));
  }
}

// "www.example.org A", or "@ MX" for the apex of whatever zone it is.
void ReadKeptRrset(const YamlNode& node, Reading& to, std::vector<KeptRrset>& out) {
  constexpr absl::string_view kExample =
      "a name and a type, such as \"www.example.org A\", or \"@ MX\" for the zone's own name";
  std::string text;
  if (!ReadText(node, kExample, to, text)) return;
  const auto refuse = [&](absl::string_view what) {
    to.Error(node.line, absl::StrCat(to.Key(), Quoted(text), what));
  };
  const size_t blank = text.find(' ');
  const size_t word = std::min(text.find_first_not_of(' ', blank), text.size());
  if (blank == std::string::npos || word == text.size()) {
    return refuse(absl::StrCat(" is not an RRset; give ", kExample));
  }
  const std::string name_text = text.substr(0, blank);
  const std::optional<RrType> type = TypeFromText(absl::string_view(text).substr(word));
  if (!type.has_value() || IsMetaType(*type)) {
    return refuse(absl::StrCat(" does not end in a type of records; give ", kExample));
  }
  KeptRrset kept{.type = *type};
  if (name_text != "@") {
    const absl::StatusOr<Name> name = Name::FromText(name_text);
    if (!name.ok()) return refuse(absl::StrCat(": ", name.status().message()));
    kept.owner = *name;
  }
  if (std::ranges::find(out, kept) != out.end()) return refuse(" is repeated; keep one");
  out.push_back(std::move(kept));
}

void ReadKeptRrsets(const YamlNode& node, Reading& to, GateConfig& out) {
  ReadList(node, "a list of RRsets, such as [\"@ NS\", \"www.example.org A\"]", kKeptRrsetsMax, to,
           [&](const YamlNode& item) { ReadKeptRrset(item, to, out.keep_rrsets); });
}

// clang-format off
constexpr Word<GateSerial>   kSerials[]   = {{"forward", GateSerial::kForward}, {"any", GateSerial::kAny}};
constexpr Word<GateChange>   kChanges[]   = {{"hold", GateChange::kHold}, {"pass", GateChange::kPass}};
constexpr Word<GateZonemd>   kZonemds[]   = {{"ignore", GateZonemd::kIgnore}, {"verify", GateZonemd::kVerify}, {"require", GateZonemd::kRequire}};
constexpr Word<GateDnssec>   kDnssecs[]   = {{"off", GateDnssec::kOff}, {"verify", GateDnssec::kVerify}};
constexpr Word<GateDeadline> kDeadlines[] = {{"reject", GateDeadline::kReject}, {"accept", GateDeadline::kAccept}};
constexpr Word<GateProfile>  kProfiles[]  = {{"recommended", GateProfile::kRecommended}, {"none", GateProfile::kNone}};

constexpr KeyOf<GateConfig> kGateKeys[] = {
    {"profile",        [](const YamlNode&, Reading&, GateConfig&) {}},  // Read first, see below.
    {"serial",         [](const YamlNode& n, Reading& to, GateConfig& out) { ReadWord(n, kSerials, to, out.serial); }},
    {"shrink_max",     [](const YamlNode& n, Reading& to, GateConfig& out) { ReadShareMax(n, kPercentShrinkMax, to, out.shrink_max); }},
    {"growth_max",     [](const YamlNode& n, Reading& to, GateConfig& out) { ReadShareMax(n, kPercentGrowthMax, to, out.growth_max); }},
    {"apex_ns",        [](const YamlNode& n, Reading& to, GateConfig& out) { ReadWord(n, kChanges, to, out.apex_ns); }},
    {"dnskey",         [](const YamlNode& n, Reading& to, GateConfig& out) { ReadWord(n, kChanges, to, out.dnskey); }},
    {"zonemd",         [](const YamlNode& n, Reading& to, GateConfig& out) { ReadWord(n, kZonemds, to, out.zonemd); }},
    {"dnssec",         [](const YamlNode& n, Reading& to, GateConfig& out) { ReadWord(n, kDnssecs, to, out.dnssec); }},
    {"expires_in_min", [](const YamlNode& n, Reading& to, GateConfig& out) { ReadDuration(n, absl::ZeroDuration(), absl::Hours(24 * 60), to, out.expires_in_min); }},
    {"keep_rrsets",    ReadKeptRrsets},
    {"command",        [](const YamlNode& n, Reading& to, GateConfig& out) { ReadCommand(n, to, out.command); }},
    {"deadline",       [](const YamlNode& n, Reading& to, GateConfig& out) { ReadDuration(n, absl::Seconds(1), absl::Hours(1), to, out.deadline); }},
    {"on_deadline",    [](const YamlNode& n, Reading& to, GateConfig& out) { ReadWord(n, kDeadlines, to, out.on_deadline); }},
};
// clang-format on

// Wherever `profile` is among the keys, the others change what it sets.
GateProfile ProfileOf(const YamlNode& node, Reading& to) {
  GateProfile profile = GateProfile::kRecommended;
  for (size_t i = 0; node.kind == YamlNode::kMap && i + 1 < node.children.size(); i += 2) {
    if (node.children[i].text != "profile") continue;
    const size_t section_bytes = to.section.size();
    absl::StrAppend(&to.section, "profile.");
    ReadWord(node.children[i + 1], kProfiles, to, profile);
    to.section.resize(section_bytes);
    break;
  }
  return profile;
}

}  // namespace

void ReadGates(const YamlNode& node, Reading& to, GateConfig& out) {
  out = GatesOf(ProfileOf(node, to));
  ReadMap(node, kGateKeys, to, out);
}

}  // namespace hither
