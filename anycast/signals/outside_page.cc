#include "anycast/signals/outside_page.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/printable.h"

namespace hither {
namespace {

using nlohmann::json;

constexpr size_t kAddressBytesMax = 64;     // INET6_ADDRSTRLEN is 46.
constexpr double kAgeSecondsMax = 1e9;      // 31 years.
constexpr double kMillisecondsInOne = 1e3;  // Ages are rounded to milliseconds.

std::string HexOf(const OutsideToken& token) {
  return absl::BytesToHexString({reinterpret_cast<const char*>(token.data()), token.size()});
}

double RoundedSeconds(absl::Duration age) {
  return std::round(absl::ToDoubleSeconds(age) * kMillisecondsInOne) / kMillisecondsInOne;
}

// Null: there is none, or it is not a list of at most `size_max`.
const json* ListAt(const json& from, const char* key, size_t size_max) {
  const auto at = from.find(key);
  return at != from.end() && at->is_array() && at->size() <= size_max ? &*at : nullptr;
}

bool ReadText(const json& from, size_t bytes_max, std::string& out) {
  if (!from.is_string()) return false;
  const auto& text = from.get_ref<const std::string&>();
  if (text.empty() || text.size() > bytes_max) return false;
  out = Printable(text);
  return true;
}

bool ReadToken(const json& from, OutsideToken& out) {
  std::string hex;
  if (!ReadText(from, 2 * kOutsideTokenBytes, hex) || hex.size() != 2 * kOutsideTokenBytes ||
      !std::all_of(hex.begin(), hex.end(), absl::ascii_isxdigit)) {
    return false;
  }
  const std::string octets = absl::HexStringToBytes(hex);
  std::copy(octets.begin(), octets.end(), out.begin());
  return true;
}

bool ReadAge(const json& from, absl::Duration& out) {
  if (!from.is_number()) return false;
  const double seconds = from.get<double>();
  if (!(seconds >= 0 && seconds <= kAgeSecondsMax)) return false;
  // Whole milliseconds, so that values read are written back unchanged.
  out = absl::Milliseconds(static_cast<int64_t>(std::round(seconds * kMillisecondsInOne)));
  return true;
}

bool ReadHears(const json& from, size_t& ages_left, OutsidePage::Hears& out) {
  if (!from.is_object()) return false;
  const auto name = from.find("name");
  const auto able = from.find("able");
  const auto ages = from.find("ages");
  if (name == from.end() || !ReadText(*name, kBeaconNameBytesMax, out.name)) return false;
  if (able == from.end() || !able->is_boolean()) return false;
  out.is_able = able->get<bool>();
  if (ages == from.end() || !ages->is_object() || ages->size() > ages_left) return false;
  ages_left -= ages->size();
  for (const auto& [address, age] : ages->items()) {
    if (address.empty() || address.size() > kAddressBytesMax) return false;
    if (!ReadAge(age, out.ages[Printable(address)])) return false;
  }
  return true;
}

}  // namespace

json OutsideToJson(const OutsidePage& page) {
  json tokens = json::array();
  for (const OutsideToken& token : page.tokens) tokens.push_back(HexOf(token));
  json hears = json::array();
  for (const OutsidePage::Hears& one : page.hears) {
    json ages = json::object();
    for (const auto& [address, age] : one.ages) ages[address] = RoundedSeconds(age);
    hears.push_back({{"name", one.name}, {"able", one.is_able}, {"ages", std::move(ages)}});
  }
  return {{"tokens", std::move(tokens)}, {"from", page.from}, {"hears", std::move(hears)}};
}

bool OutsideFromJson(const json& from, OutsidePage& out) {
  if (!from.is_object()) return false;
  const json* const tokens = ListAt(from, "tokens", kOutsideTokensMax);
  const json* const sources = ListAt(from, "from", kOutsideSourcesMax);
  const json* const hears = ListAt(from, "hears", kOutsideHearsMax);
  if (tokens == nullptr || sources == nullptr || hears == nullptr) return false;
  out.is_present = true;
  for (const json& token : *tokens) {
    if (!ReadToken(token, out.tokens.emplace_back())) return false;
  }
  for (const json& source : *sources) {
    if (!ReadText(source, kAddressBytesMax, out.from.emplace_back())) return false;
  }
  size_t ages_left = kOutsideHearsMax;
  for (const json& one : *hears) {
    if (!ReadHears(one, ages_left, out.hears.emplace_back())) return false;
  }
  return true;
}

}  // namespace hither
