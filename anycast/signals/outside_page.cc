#include "anycast/signals/outside_page.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/printable.h"

namespace hither {
namespace {

constexpr size_t kAddressBytesMax = 64;     // INET6_ADDRSTRLEN is 46.
constexpr double kAgeSecondsMax = 1e9;      // 31 years.
constexpr double kMillisecondsInOne = 1e3;  // Ages are rounded to milliseconds.

std::string HexOf(const OutsideToken& token) {
  return absl::BytesToHexString({reinterpret_cast<const char*>(token.data()), token.size()});
}

double RoundedSeconds(absl::Duration age) {
  return std::round(absl::ToDoubleSeconds(age) * kMillisecondsInOne) / kMillisecondsInOne;
}

std::optional<std::string> TextOf(JsonView from, size_t bytes_max) {
  const std::string* text = from.MaybeText();
  if (text == nullptr || text->empty() || text->size() > bytes_max) return std::nullopt;
  return Printable(*text);
}

bool ReadToken(JsonView from, OutsideToken& out) {
  const std::optional<std::string> hex = TextOf(from, 2 * kOutsideTokenBytes);
  if (!hex.has_value() || hex->size() != 2 * kOutsideTokenBytes ||
      !std::all_of(hex->begin(), hex->end(), absl::ascii_isxdigit)) {
    return false;
  }
  const std::string octets = absl::HexStringToBytes(*hex);
  std::copy(octets.begin(), octets.end(), out.begin());
  return true;
}

bool ReadAge(JsonView from, absl::Duration& out) {
  const std::optional<double> seconds = from.MaybeNumber();
  if (!seconds.has_value() || !(*seconds >= 0 && *seconds <= kAgeSecondsMax)) return false;
  // Whole milliseconds, so that values read are written back unchanged.
  out = absl::Milliseconds(static_cast<int64_t>(std::round(*seconds * kMillisecondsInOne)));
  return true;
}

void ReadAges(JsonReader reader, std::map<std::string, absl::Duration>& ages) {
  for (const auto& [address, age] : reader.object().MaybeMembers()) {
    if (address.empty() || address.size() > kAddressBytesMax) {
      return reader.Fail("", "has a key that is not an address");
    }
    if (!ReadAge(age, ages[Printable(std::string(address))])) {
      return reader.Fail(Printable(std::string(address)), "is not an age in seconds");
    }
  }
}

void ReadHears(JsonReader& reader, size_t& ages_left, OutsidePage::Hears& out) {
  const std::optional<std::string> name = TextOf(reader.Find("name"), kBeaconNameBytesMax);
  if (!name.has_value()) reader.Fail("name", "is not the name of a node");
  out.name = name.value_or("");
  reader.Read("able", out.is_able);
  JsonReader ages = reader.Object("ages");
  if (ages.object().size() > ages_left) {
    return ages.Fail("", absl::StrCat("makes more than ", kOutsideHearsMax, " ages in the page"));
  }
  ages_left -= ages.object().size();
  ReadAges(std::move(ages), out.ages);
}

}  // namespace

// Members by name, as all versions have written them.
JsonObject OutsideToJson(const OutsidePage& page) {
  JsonArray tokens;
  for (const OutsideToken& token : page.tokens) tokens.Add(HexOf(token));
  JsonArray hears;
  for (const OutsidePage::Hears& one : page.hears) {
    JsonObject ages;
    for (const auto& [address, age] : one.ages) ages.Add(address, RoundedSeconds(age));
    hears.Add(JsonObject({{"able", one.is_able}, {"ages", std::move(ages)}, {"name", one.name}}));
  }
  return {{"from", page.from}, {"hears", std::move(hears)}, {"tokens", std::move(tokens)}};
}

void ReadOutside(JsonReader reader, OutsidePage& out) {
  out.is_present = true;
  for (const JsonView token : reader.Array("tokens", kOutsideTokensMax)) {
    if (!ReadToken(token, out.tokens.emplace_back())) {
      reader.Fail("tokens", "are not of 32 hexadecimal digits");
    }
  }
  for (const JsonView source : reader.Array("from", kOutsideSourcesMax)) {
    const std::optional<std::string> address = TextOf(source, kAddressBytesMax);
    if (!address.has_value()) reader.Fail("from", "has an item that is not an address");
    out.from.push_back(address.value_or(""));
  }
  size_t ages_left = kOutsideHearsMax;
  for (JsonReader& one : reader.ArrayOfObjects("hears", kOutsideHearsMax)) {
    ReadHears(one, ages_left, out.hears.emplace_back());
  }
}

}  // namespace hither
