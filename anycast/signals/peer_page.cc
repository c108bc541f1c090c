#include "anycast/signals/peer_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/json_text.h"
#include "base/printable.h"

namespace hither {
namespace {

using nlohmann::json;

constexpr size_t kTextBytesMax = 512;

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("peer page: ", what));
}

// The words of the page, which two versions must share; the words on a terminal may change.
struct StateWord {
  State state;
  absl::string_view word;
};
constexpr StateWord kStateWords[] = {
    {State::kDown, "DOWN"}, {State::kDrain, "DRAIN"}, {State::kSoft, "SOFT"}, {State::kUp, "UP"}};

std::string WordOf(State state) {
  for (const StateWord& known : kStateWords) {
    if (known.state == state) return std::string(known.word);
  }
  return "DOWN";
}

json ToJson(const PeerPage::Standing& standing) {
  json out = {{"state", WordOf(standing.state)},
              {"wants_to_withdraw", standing.wants_to_withdraw},
              {"yielded", standing.yielded}};
  out["announced"] = standing.announced.has_value() ? json(*standing.announced) : json();
  if (standing.wish_since != absl::InfiniteFuture()) {
    out["wish_since"] = absl::ToDoubleSeconds(standing.wish_since - absl::UnixEpoch());
  }
  return out;
}

// A cursor over one object that remembers its failure: read every member, then check ok() once.
class Members {
 public:
  explicit Members(const json& object) : object_(object), ok_(object.is_object()) {}

  std::string Text(const char* key) {
    const json* at = Find(key);
    if (at == nullptr) return "";
    if (!at->is_string()) return Fail(), "";
    const auto& text = at->get_ref<const std::string&>();
    if (text.size() > kTextBytesMax) return Fail(), "";
    return Printable(text);
  }
  bool Flag(const char* key) {
    const json* at = Find(key);
    if (at == nullptr) return false;
    if (!at->is_boolean()) return Fail(), false;
    return at->get<bool>();
  }
  // No value: null, or missing.
  std::optional<bool> MaybeFlag(const char* key) {
    const json* at = Find(key);
    if (at == nullptr || at->is_null()) return std::nullopt;
    return Flag(key);
  }
  absl::Time Seconds(const char* key) {
    const json* at = Find(key);
    if (at == nullptr || at->is_null()) return absl::InfiniteFuture();
    if (!at->is_number()) return Fail(), absl::InfiniteFuture();
    return absl::UnixEpoch() + absl::Seconds(at->get<double>());
  }
  const json& Sub(const char* key) {
    static const json kNothing = json::object();
    const json* at = Find(key);
    return at == nullptr ? kNothing : *at;
  }
  // Empty if there is none.
  const json& List(const char* key, size_t size_max) {
    static const json kNothing = json::array();
    const json* at = Find(key);
    if (at == nullptr) return kNothing;
    if (at->is_array() && at->size() <= size_max) return *at;
    Fail();
    return kNothing;
  }
  void Fail() { ok_ = false; }
  bool ok() const { return ok_; }

 private:
  const json* Find(const char* key) {
    if (!ok_) return nullptr;
    const auto at = object_.find(key);
    return at == object_.end() ? nullptr : &*at;
  }

  const json& object_;
  bool ok_;
};

bool ReadState(absl::string_view text, State& out) {
  for (const StateWord& known : kStateWords) {
    if (known.word != text) continue;
    out = known.state;
    return true;
  }
  return false;
}

bool ReadStanding(const json& from, std::optional<PeerPage::Standing>& to) {
  if (from.is_object() && from.empty()) return true;  // The service has no such family.
  Members members(from);
  PeerPage::Standing out;
  out.wants_to_withdraw = members.Flag("wants_to_withdraw");
  out.yielded = members.Flag("yielded");
  out.announced = members.MaybeFlag("announced");
  out.wish_since = members.Seconds("wish_since");
  const bool is_good = ReadState(members.Text("state"), out.state) && members.ok();
  to = out;
  return is_good;
}

bool ReadService(const json& from, PeerPage::Service& out) {
  Members members(from);
  out.name = members.Text("name");
  return ReadStanding(members.Sub("ipv4"), out.ipv4) &&
         ReadStanding(members.Sub("ipv6"), out.ipv6) && members.ok() && !out.name.empty();
}

bool ReadSeen(const json& from, PeerPage::Seen& out) {
  Members members(from);
  out.name = members.Text("name");
  out.ok = members.Flag("ok");
  out.detail = members.Text("detail");
  return members.ok() && !out.name.empty();
}

}  // namespace

std::string EncodePeerPage(const PeerPage& page) {
  json services = json::array();
  for (const PeerPage::Service& service : page.services) {
    json& told = services.emplace_back(json{{"name", service.name}});
    if (service.ipv4.has_value()) told["ipv4"] = ToJson(*service.ipv4);
    if (service.ipv6.has_value()) told["ipv6"] = ToJson(*service.ipv6);
  }
  json sees = json::array();
  for (const PeerPage::Seen& seen : page.sees) {
    sees.push_back({{"name", seen.name}, {"ok", seen.ok}, {"detail", seen.detail}});
  }
  json out = {{"version", kPeerPageVersion},
              {"name", page.name},
              {"site", page.site},
              {"run", page.run},
              {"services", std::move(services)},
              {"sees", std::move(sees)}};
  if (page.outside.is_present) out["outside"] = OutsideToJson(page.outside);
  // Invalid UTF-8 is replaced: a detail may quote foreign data.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<PeerPage> DecodePeerPage(absl::string_view text) {
  if (text.size() > kPeerPageBytesMax) return Wrong("too long");
  const json parsed = ParseJson<json>(text);
  if (!parsed.is_object()) return Wrong("not a JSON object");
  const auto version = parsed.find("version");
  if (version == parsed.end() || !version->is_number_integer() ||
      version->get<int64_t>() != kPeerPageVersion) {
    return Wrong(absl::StrCat("not version ", kPeerPageVersion,
                              "; run the same version of hither-anycast on all nodes"));
  }
  Members members(parsed);
  PeerPage page;
  page.name = members.Text("name");
  page.site = members.Text("site");
  page.run = members.Text("run");
  for (const json& service : members.List("services", kPeerServicesMax)) {
    if (!ReadService(service, page.services.emplace_back())) return Wrong("a service is malformed");
  }
  for (const json& seen : members.List("sees", kPeerSeesMax)) {
    if (!ReadSeen(seen, page.sees.emplace_back())) return Wrong("what it sees is malformed");
  }
  const auto outside = parsed.find("outside");
  if (outside != parsed.end() && !OutsideFromJson(*outside, page.outside)) {
    return Wrong("what it hears from outside is malformed");
  }
  if (!members.ok() || page.name.empty()) return Wrong("a member has the wrong type");
  return page;
}

}  // namespace hither
