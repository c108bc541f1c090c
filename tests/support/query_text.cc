#include "tests/support/query_text.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "dns/name.h"
#include "dns/rr_type.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

struct Parts {
  uint16_t id = 0x1234;
  uint16_t flags = 0;
  uint16_t klass = 1;
  bool has_opt = false;
  uint16_t payload_bytes = 1232;
  uint8_t version = 0;
  bool dnssec_ok = false;
  Bytes options;
};

uint16_t Number(absl::string_view text) {
  uint32_t value = 0;
  HITHER_CHECK(absl::SimpleAtoi(text, &value) && value <= UINT16_MAX);
  return static_cast<uint16_t>(value);
}

void AddOption(uint16_t code, ByteView data, Parts& parts) {
  ByteWriter writer(parts.options);
  writer.U16(code);
  writer.U16(static_cast<uint16_t>(data.size()));
  writer.Append(data);
  parts.has_opt = true;
}

uint16_t FlagOf(absl::string_view word) {
  constexpr std::pair<absl::string_view, uint16_t> kFlags[] = {
      {"+aa", 0x0400}, {"+tc", 0x0200}, {"+rd", 0x0100}, {"+ra", 0x0080},
      {"+z", 0x0040},  {"+ad", 0x0020}, {"+cd", 0x0010}};
  for (const auto& [name, flag] : kFlags) {
    if (name == word) return flag;
  }
  return 0;
}

void ReadSwitch(absl::string_view word, Parts& parts) {
  if (word == "+nsid") return AddOption(3, {}, parts);
  if (word == "+keepalive") return AddOption(11, {}, parts);
  if (word == "+zoneversion") return AddOption(19, {}, parts);
  const uint16_t flag = FlagOf(word);
  parts.flags |= flag;
  if (flag != 0) return;
  HITHER_CHECK(word == "+edns" || word == "+do");
  parts.has_opt = true;
  parts.dnssec_ok |= word == "+do";
}

uint16_t OpcodeOf(absl::string_view word) {
  if (word == "NOTIFY") return 4;
  if (word == "UPDATE") return 5;
  return Number(word);
}

void ReadSetting(absl::string_view word, Parts& parts) {
  const std::pair<absl::string_view, absl::string_view> split =
      absl::StrSplit(word, absl::MaxSplits('=', 1));
  const auto [key, value] = split;
  if (key == "id") {
    parts.id = Number(value);
  } else if (key == "class") {
    parts.klass = value == "CH" ? 3 : value == "HS" ? 4 : value == "ANY" ? 255 : Number(value);
  } else if (key == "opcode") {
    parts.flags = static_cast<uint16_t>(parts.flags | OpcodeOf(value) << 11);
  } else if (key == "bufsize") {
    parts.payload_bytes = Number(value);
    parts.has_opt = true;
  } else if (key == "version") {
    parts.version = static_cast<uint8_t>(Number(value));
    parts.has_opt = true;
  } else {
    HITHER_CHECK(key == "opt");
    const std::pair<absl::string_view, absl::string_view> option =
        absl::StrSplit(value, absl::MaxSplits(':', 1));
    AddOption(Number(option.first), PacketFromText(option.second), parts);
  }
}

Bytes Encode(NameView name, RrType type, const Parts& parts) {
  Bytes message;
  ByteWriter writer(message);
  writer.U16(parts.id);
  writer.U16(parts.flags);
  for (const int count : {1, 0, 0, parts.has_opt ? 1 : 0}) {
    writer.U16(static_cast<uint16_t>(count));
  }
  writer.Append(name.wire());
  writer.U16(static_cast<uint16_t>(type));
  writer.U16(parts.klass);
  if (!parts.has_opt) return message;
  writer.U8(0);  // RFC 6891 §6.1.2: the root, OPT, payload size, extended RCODE, version, flags.
  writer.U16(41);
  writer.U16(parts.payload_bytes);
  writer.U8(0);
  writer.U8(parts.version);
  writer.U16(parts.dnssec_ok ? 0x8000 : 0);
  writer.U16(static_cast<uint16_t>(parts.options.size()));
  writer.Append(parts.options);
  return message;
}

}  // namespace

TestQuery QueryFromText(absl::string_view text) {
  const std::vector<absl::string_view> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  HITHER_CHECK(words.size() >= 2);
  const auto name = Name::FromText(words[0]);
  const auto type = TypeFromText(words[1]);
  HITHER_CHECK(name.ok() && type.has_value());
  Parts parts;
  TestQuery query;
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "+tcp") {
      query.facts.transport = Transport::kTcp;
      query.facts.tcp_idle_timeout = absl::Seconds(30);
    } else if (words[i][0] == '+') {
      ReadSwitch(words[i], parts);
    } else {
      ReadSetting(words[i], parts);
    }
  }
  query.message = Encode(*name, *type, parts);
  return query;
}

}  // namespace hither
