#include "zones/text/rdata_svcb.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dns/svcb.h"

namespace hither {
namespace {

// RFC 9460 §2.1: a registered name in lower case, or "key" and a number without leading zeros.
bool KeyFromText(absl::string_view text, uint16_t& key) {
  for (size_t i = 0; i < std::size(kSvcKeyNames); ++i) {
    if (kSvcKeyNames[i] != text) continue;
    key = static_cast<uint16_t>(i);
    return true;
  }
  uint64_t number = 0;
  if (!absl::StartsWith(text, "key")) return false;
  text.remove_prefix(3);
  if (text.size() > 1 && text[0] == '0') return false;
  if (!ParseNumber(text, UINT16_MAX, number)) return false;
  key = static_cast<uint16_t>(number);
  return true;
}

struct Param {
  uint16_t key = 0;
  std::string value;  // Without RFC 1035's escapes; then the wire form.
};

// RFC 9460 §A.1: items separated by commas; a comma or backslash within one has a backslash. False
// for an empty item.
bool SplitList(absl::string_view value, std::vector<std::string>& items) {
  std::string item;
  for (size_t i = 0; i <= value.size(); ++i) {
    if (i == value.size() || value[i] == ',') {
      if (item.empty()) return false;
      items.push_back(std::move(item));
      item.clear();
      continue;
    }
    if (value[i] == '\\') {
      if (++i == value.size() || (value[i] != ',' && value[i] != '\\')) return false;
    }
    item += value[i];
  }
  return true;
}

// Lists of items that need no escapes.
bool SplitPlain(absl::string_view value, std::vector<std::string>& items) {
  return value.find('\\') == absl::string_view::npos && SplitList(value, items);
}

void AppendU16(std::string& to, uint64_t value) {
  to += static_cast<char>(value >> 8);
  to += static_cast<char>(value);
}

Token TokenOf(absl::string_view text) { return {text.data(), static_cast<uint32_t>(text.size())}; }

std::string TakeAll(RdataBuffer& from) {
  const ByteView all = from.view();
  return std::string(reinterpret_cast<const char*>(all.data()), all.size());
}

bool MandatoryToWire(std::string& value) {
  std::vector<std::string> items;
  std::vector<uint16_t> keys;
  if (!SplitPlain(value, items)) return false;
  for (const std::string& item : items) {
    if (!KeyFromText(item, keys.emplace_back())) return false;
  }
  std::sort(keys.begin(), keys.end());  // RFC 9460 §8: any order in text, ascending on the wire.
  value.clear();
  for (const uint16_t key : keys) AppendU16(value, key);
  return true;
}

bool ListToWire(std::string& value) {
  std::vector<std::string> items;
  if (!SplitList(value, items)) return false;
  value.clear();
  for (const std::string& item : items) {
    if (item.size() > 255) return false;
    value += static_cast<char>(item.size());
    value += item;
  }
  return true;
}

bool NumbersToWire(std::string& value) {
  std::vector<std::string> items;
  if (!SplitPlain(value, items)) return false;
  value.clear();
  for (const std::string& item : items) {
    uint64_t number = 0;
    if (!ParseNumber(item, UINT16_MAX, number)) return false;
    AppendU16(value, number);
  }
  return true;
}

bool HintsToWire(bool ip6, std::string& value) {
  std::vector<std::string> items;
  if (!SplitPlain(value, items)) return false;
  RdataBuffer addresses;
  for (const std::string& item : items) {
    if (ip6 ? ReadIp6(item, addresses) : ReadIp4(item, addresses)) return false;
  }
  value = TakeAll(addresses);
  return true;
}

bool EchToWire(std::string& value) {
  RdataBuffer octets;
  const Token token = TokenOf(value);
  if (ReadBase64({&token, 1}, octets)) return false;
  value = TakeAll(octets);
  return true;
}

// Converts a value's text, without escapes, to its wire form. False if it is not valid for the key.
bool ToWire(Param& param) {
  switch (param.key) {
    case kMandatory:
      return MandatoryToWire(param.value);
    case kAlpn:
      return ListToWire(param.value);
    case kDocPath:
      return param.value.empty() || ListToWire(param.value);
    case kIp4Hint:
      return HintsToWire(false, param.value);
    case kIp6Hint:
      return HintsToWire(true, param.value);
    case kEch:
      return EchToWire(param.value);
    case kTlsSupportedGroups:
      return NumbersToWire(param.value);
    case kPort: {
      uint64_t port = 0;
      if (!ParseNumber(param.value, UINT16_MAX, port)) return false;
      param.value.clear();
      AppendU16(param.value, port);
      return true;
    }
    default:
      return true;  // The octets as they are.
  }
}

// RFC 9460 §7: numbers, keys, addresses and base64 need no escapes and must have none.
bool MayHaveEscapes(uint16_t key) {
  return key == kAlpn || key == kDohPath || key == kDocPath || key == kOots;
}

bool MayBeEmpty(uint16_t key) {
  return key == kNoDefaultAlpn || key == kOhttp || key == kDocPath || key == kPvd;
}
bool MayHaveValue(uint16_t key) { return key == kDocPath || !MayBeEmpty(key); }

// One key=value from tokens[at], which may be glued to a quoted one: key="value".
bool ReadParam(std::span<const Token> tokens, size_t& at, Param& param, std::string& error) {
  const Token& token = tokens[at++];
  const absl::string_view text = token.text();
  const size_t equals = text.find('=');
  const absl::string_view key = text.substr(0, equals);
  Token value;
  if (token.quoted || (token.glued && at > 1) || !KeyFromText(key, param.key)) {
    error = absl::StrCat("has bad parameters: ", Shown(key), " is not a key");
    return false;
  }
  // RFC 9460 §2.1: after "keyNNN" comes the wire form itself, unescaped, whatever the key.
  const bool as_wire = param.key >= std::size(kSvcKeyNames) || key != kSvcKeyNames[param.key];
  if (equals != absl::string_view::npos) {
    value = TokenOf(text.substr(equals + 1));
    value.escaped = token.escaped;
    if (value.size == 0 && at < tokens.size() && tokens[at].glued && tokens[at].quoted) {
      value = tokens[at++];
    }
  }
  if (!as_wire && !MayHaveEscapes(param.key) && absl::StrContains(value.text(), '\\')) {
    error = absl::StrCat("has bad parameters: ", SvcKeyToText(param.key),
                         " has an escape; write it without (RFC 9460 §7)");
    return false;
  }
  for (size_t i = 0; i < value.size;) {
    uint8_t octet = 0;
    if (!NextOctet(value.text(), i, octet)) {
      error = absl::StrCat("has bad parameters: ", SvcKeyToText(param.key), " has a bad escape");
      return false;
    }
    param.value += static_cast<char>(octet);
  }
  const bool may_be = param.value.empty() ? MayBeEmpty(param.key) : MayHaveValue(param.key);
  if (!as_wire && (!may_be || !ToWire(param))) {
    error = absl::StrCat("has bad parameters: ", SvcKeyToText(param.key), " has an invalid value");
    return false;
  }
  return true;
}

}  // namespace

bool ReadSvcParams(std::span<const Token> tokens, RdataBuffer& out, std::string& error) {
  std::vector<Param> params;
  for (size_t at = 0; at < tokens.size();) {
    if (!ReadParam(tokens, at, params.emplace_back(), error)) return false;
  }
  std::stable_sort(params.begin(), params.end(),
                   [](const Param& a, const Param& b) { return a.key < b.key; });
  const size_t start = out.size();
  for (const Param& param : params) {
    if (param.value.size() > UINT16_MAX) {
      error = "begins parameters of over 65,535 octets";
      return false;
    }
    out.U16(param.key);
    out.U16(static_cast<uint16_t>(param.value.size()));
    out.Append(AsBytes(param.value));
  }
  if (out.overflow()) return true;  // The caller reports it.
  const std::string wrong = CheckSvcParams(out.view().subspan(start));
  if (wrong.empty()) return true;
  error = absl::StrCat("begins invalid parameters: ", wrong);
  return false;
}

}  // namespace hither
