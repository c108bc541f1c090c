#include "dns/svcb.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hither {
namespace {

std::string CheckMandatory(ByteView value, const std::vector<uint16_t>& present) {
  if (value.empty() || value.size() % 2 != 0) return "mandatory is not a list of keys";
  int last = -1;
  for (size_t i = 0; i < value.size(); i += 2) {
    const uint16_t key = LoadU16(&value[i]);
    if (key == kMandatory) return "mandatory lists itself";
    if (key <= last) return "mandatory lists a key twice or out of order";
    if (!std::binary_search(present.begin(), present.end(), key)) {
      return absl::StrCat("mandatory lists ", SvcKeyToText(key), ", which is missing");
    }
    last = key;
  }
  return "";
}

// Items that are not empty, each after an octet with its length.
bool ListIsValid(ByteView value) {
  ByteReader items(value);
  while (items.ok() && !items.AtEnd()) {
    if (items.Take(items.U8()).empty()) return false;
  }
  return items.ok();
}

// Is `name` a variable of the expression "?a,b:3,c*" of a URI template (RFC 6570 §2.2)?
bool HasVariable(absl::string_view expression, absl::string_view name) {
  if (!expression.empty() && absl::StrContains("+#./;?&", expression[0])) {
    expression.remove_prefix(1);
  }
  while (!expression.empty()) {
    const size_t end = std::min(expression.find(','), expression.size());
    const absl::string_view variable = expression.substr(0, end);
    if (variable.substr(0, variable.find_first_of(":*")) == name) return true;
    expression.remove_prefix(std::min(end + 1, expression.size()));
  }
  return false;
}

// RFC 9461 §5: a relative URI template with the variable "dns". Checks enough of it to catch
// mistakes.
bool DohPathIsValid(ByteView value) {
  absl::string_view path(reinterpret_cast<const char*>(value.data()), value.size());
  if (!absl::StartsWith(path, "/")) return false;
  while (true) {
    const size_t open = path.find('{');
    if (open == absl::string_view::npos) return false;
    path.remove_prefix(open + 1);
    const size_t close = path.find('}');
    if (close == absl::string_view::npos) return false;
    if (HasVariable(path.substr(0, close), "dns")) return true;
    path.remove_prefix(close);
  }
}

bool ValueIsValid(uint16_t key, ByteView value) {
  const size_t size = value.size();
  switch (key) {
    case kAlpn:
      return size > 0 && ListIsValid(value);
    case kDocPath:  // Empty: the path is the root.
      return ListIsValid(value);
    case kNoDefaultAlpn:
    case kOhttp:
    case kPvd:
      return size == 0;
    case kPort:
      return size == 2;
    case kIp4Hint:
      return size > 0 && size % 4 == 0;
    case kIp6Hint:
      return size > 0 && size % 16 == 0;
    case kEch:
    case kOots:
      return size > 0;
    case kDohPath:
      return DohPathIsValid(value);
    case kTlsSupportedGroups:
      return size > 0 && size % 2 == 0;
    case kInvalidKey:
      return false;
    default:
      return true;
  }
}

}  // namespace

std::string SvcKeyToText(uint16_t key) {
  return key < std::size(kSvcKeyNames) ? std::string(kSvcKeyNames[key]) : absl::StrCat("key", key);
}

std::string CheckSvcParams(ByteView params) {
  ByteReader wire(params);
  std::vector<uint16_t> keys;
  ByteView mandatory;
  while (!wire.AtEnd()) {
    const uint16_t key = wire.U16();
    const ByteView value = wire.Take(wire.U16());
    if (!wire.ok()) return "they end too early";
    if (!keys.empty() && key == keys.back())
      return absl::StrCat(SvcKeyToText(key), " appears twice");
    if (!keys.empty() && key < keys.back()) return "their keys are out of order";
    if (!ValueIsValid(key, value)) return absl::StrCat(SvcKeyToText(key), " has a bad value");
    keys.push_back(key);
    if (key == kMandatory) {
      mandatory = value;
      if (value.empty()) return "mandatory is not a list of keys";
    }
  }
  const auto has = [&](uint16_t key) { return std::binary_search(keys.begin(), keys.end(), key); };
  // RFC 9460 §7.1.1.
  if (has(kNoDefaultAlpn) && !has(kAlpn)) return "no-default-alpn without alpn";
  return has(kMandatory) ? CheckMandatory(mandatory, keys) : "";
}

}  // namespace hither
