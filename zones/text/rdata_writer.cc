#include "zones/text/rdata_writer.h"

#include <algorithm>
#include <ctime>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dns/rdata_shape.h"
#include "dns/svcb.h"

namespace hither {
namespace {

absl::string_view AsText(ByteView octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// RFC 1035 §5.1: a <character-string> in quotes.
void AppendQuoted(ByteView octets, std::string& out) {
  out += '"';
  for (const uint8_t octet : octets) {
    if (octet < 0x20 || octet >= 0x7f) {
      absl::StrAppend(&out, "\\", absl::Dec(octet, absl::kZeroPad3));
    } else {
      if (octet == '"' || octet == '\\') out += '\\';
      out += static_cast<char>(octet);
    }
  }
  out += '"';
}

void AppendHex(ByteView octets, std::string& out) {
  absl::StrAppend(&out, absl::BytesToHexString(AsText(octets)));
}

void AppendIp4(ByteView address, std::string& out) {
  if (address.size() != 4) return;  // The reader has failed.
  absl::StrAppend(&out, address[0], ".", address[1], ".", address[2], ".", address[3]);
}

// RFC 5952 §4.2: "::" for the longest run of at least two zero groups, the first of equal ones.
void AppendIp6(ByteView address, std::string& out) {
  if (address.size() != 16) return;
  size_t first = 8;
  size_t longest = 1;
  for (size_t at = 0; at < 8; ++at) {
    size_t end = at;
    while (end < 8 && LoadU16(&address[2 * end]) == 0) ++end;
    if (end - at > longest) {
      first = at;
      longest = end - at;
    }
  }
  for (size_t at = 0; at < 8; ++at) {
    if (at == first) {
      out += "::";
      at += longest - 1;
      continue;
    }
    if (at > 0 && at != first + longest) out += ':';
    absl::StrAppend(&out, absl::Hex(LoadU16(&address[2 * at])));
  }
}

// RFC 4034 §3.2. All 32 bits are dates until 2106.
void AppendTime(uint32_t time, std::string& out) {
  const std::time_t seconds = time;
  std::tm parts = {};
  char text[32] = "";
  if (gmtime_r(&seconds, &parts) != nullptr) {
    std::strftime(text, sizeof text, "%Y%m%d%H%M%S", &parts);
  }
  out += text;
}

// RFC 4648 §7 without padding; only NSEC3's hashes of 20 octets are written so.
void AppendBase32Hex(ByteView octets, std::string& out) {
  uint32_t bits = 0;
  int held = 0;
  for (const uint8_t octet : octets) {
    bits = bits << 8 | octet;
    for (held += 8; held >= 5; held -= 5) {
      out += "0123456789abcdefghijklmnopqrstuv"[bits >> (held - 5) & 31];
    }
  }
  if (held > 0) out += "0123456789abcdefghijklmnopqrstuv"[bits << (5 - held) & 31];
}

void AppendTypes(ByteView bitmap, std::string& out) {
  ByteReader reader(bitmap);
  const char* separator = "";
  while (!reader.AtEnd()) {
    const unsigned window = reader.U8();
    const ByteView bits = reader.Take(reader.U8());
    for (size_t i = 0; i < bits.size() * 8; ++i) {
      if ((bits[i / 8] & (0x80 >> (i % 8))) == 0) continue;
      absl::StrAppend(&out, separator, TypeToText(static_cast<RrType>(window << 8 | i)));
      separator = " ";
    }
  }
}

void AppendGroups(ByteView octets, size_t group, char separator, std::string& out) {
  for (size_t at = 0; at + group <= octets.size(); at += group) {
    if (at > 0) out += separator;
    AppendHex(octets.subspan(at, group), out);
  }
}

// The value of a parameter that is a list of addresses or a port.
void AppendSvcPlain(uint16_t key, ByteView value, std::string& out) {
  if (key == kPort) {
    absl::StrAppend(&out, "port=", LoadU16(value.data()));
    return;
  }
  const size_t address_bytes = key == kIp4Hint ? 4 : 16;
  absl::StrAppend(&out, SvcKeyToText(key));
  for (size_t at = 0; at + address_bytes <= value.size(); at += address_bytes) {
    out += at == 0 ? '=' : ',';
    const ByteView address = value.subspan(at, address_bytes);
    if (key == kIp4Hint) {
      AppendIp4(address, out);
    } else {
      AppendIp6(address, out);
    }
  }
}

// RFC 9460 §2.1: "keyNNN" takes any value as octets, so that only the keys that operators compare
// need a form of their own.
void AppendSvcParams(ByteReader& reader, std::string& out) {
  const char* separator = "";
  while (reader.ok() && !reader.AtEnd()) {
    const uint16_t key = reader.U16();
    const ByteView value = reader.Take(reader.U16());
    out += separator;
    separator = " ";
    const bool is_plain = (key == kPort && value.size() == 2) ||
                          (key == kIp4Hint && !value.empty() && value.size() % 4 == 0) ||
                          (key == kIp6Hint && !value.empty() && value.size() % 16 == 0);
    if (is_plain) {
      AppendSvcPlain(key, value, out);
      continue;
    }
    absl::StrAppend(&out, "key", key);
    if (value.empty()) continue;
    out += '=';
    AppendQuoted(value, out);
  }
}

// Writes one type's fields. One record's; used once.
class FieldWriter {
 public:
  FieldWriter(ByteView rdata, std::string& out) : rdata_(rdata), reader_(rdata), out_(out) {}

  // False: a field has no text form here, or the octets do not fit the shape.
  bool Write(const RdataShape& shape) {
    const char* separator = "";
    for (const RdataField* field = shape.fields; *field != RdataField::kEnd; ++field) {
      out_ += separator;
      const size_t before = out_.size();
      if (!WriteField(*field)) return false;
      separator = out_.size() > before ? " " : "";  // An empty rest writes nothing.
    }
    if (out_.ends_with(' ')) out_.pop_back();  // Before an empty rest.
    return reader_.ok() && reader_.AtEnd();
  }

 private:
  ByteView TakeRest() { return reader_.Take(reader_.rest().size()); }
  void WriteName() {
    const NameScan scan = ScanName(reader_.rest());
    if (scan.end != NameEnd::kRoot) return (void)reader_.Take(SIZE_MAX);  // Fails the reader.
    absl::StrAppend(&out_, NameView(reader_.Take(scan.bytes)).ToText());
  }
  void WriteStrings(size_t count_max);
  bool WriteNumber(RdataField field);
  bool WriteText(RdataField field);
  bool WriteOctets(RdataField field);
  bool WriteGateway(uint8_t kind);
  bool WriteField(RdataField field) {
    return WriteNumber(field) || WriteText(field) || WriteOctets(field);
  }

  const ByteView rdata_;
  ByteReader reader_;
  std::string& out_;
};

void FieldWriter::WriteStrings(size_t count_max) {
  for (size_t i = 0; i < count_max && reader_.ok() && !reader_.AtEnd(); ++i) {
    if (i > 0) out_ += ' ';
    AppendQuoted(reader_.Take(reader_.U8()), out_);
  }
}

bool FieldWriter::WriteNumber(RdataField field) {
  switch (field) {
    case RdataField::kU8:
    case RdataField::kAlgorithm:
    case RdataField::kKeyProtocol:
    case RdataField::kDsyncScheme:
      absl::StrAppend(&out_, reader_.U8());
      return true;
    case RdataField::kU16:
    case RdataField::kKeyFlags:
    case RdataField::kCertType:
      absl::StrAppend(&out_, reader_.U16());
      return true;
    case RdataField::kU32:
    case RdataField::kDuration:
      absl::StrAppend(&out_, reader_.U32());
      return true;
    case RdataField::kU64: {
      const uint64_t high = reader_.U32();
      absl::StrAppend(&out_, high << 32 | reader_.U32());
      return true;
    }
    case RdataField::kTime:
      AppendTime(reader_.U32(), out_);
      return true;
    case RdataField::kType:
      absl::StrAppend(&out_, TypeToText(static_cast<RrType>(reader_.U16())));
      return true;
    default:
      return false;
  }
}

bool FieldWriter::WriteText(RdataField field) {
  switch (field) {
    case RdataField::kName:
      WriteName();
      return true;
    case RdataField::kString:
    case RdataField::kTag:
      if (reader_.AtEnd()) return false;
      WriteStrings(1);
      return true;
    case RdataField::kOptionalString:
      WriteStrings(1);
      return true;
    case RdataField::kStrings:
      WriteStrings(SIZE_MAX);
      return true;
    case RdataField::kLongString:
      AppendQuoted(TakeRest(), out_);
      return true;
    default:
      return false;
  }
}

bool FieldWriter::WriteOctets(RdataField field) {
  switch (field) {
    case RdataField::kIp4:
      AppendIp4(reader_.Take(4), out_);
      return true;
    case RdataField::kIp6:
      AppendIp6(reader_.Take(16), out_);
      return true;
    case RdataField::kHex:
      AppendHex(TakeRest(), out_);
      return true;
    case RdataField::kBase64:
    case RdataField::kOptionalBase64:
      absl::StrAppend(&out_, absl::Base64Escape(AsText(TakeRest())));
      return true;
    case RdataField::kDoaData: {
      const ByteView data = TakeRest();
      absl::StrAppend(&out_, data.empty() ? "-" : absl::Base64Escape(AsText(data)));
      return true;
    }
    case RdataField::kSalt: {
      const ByteView salt = reader_.Take(reader_.U8());
      absl::StrAppend(&out_, salt.empty() ? "-" : absl::BytesToHexString(AsText(salt)));
      return true;
    }
    case RdataField::kHash:
      AppendBase32Hex(reader_.Take(reader_.U8()), out_);
      return true;
    case RdataField::kTypes:
      AppendTypes(TakeRest(), out_);
      return true;
    case RdataField::kNodeId:
      AppendGroups(reader_.Take(8), 2, ':', out_);
      return true;
    case RdataField::kEui48:
      AppendGroups(reader_.Take(6), 1, '-', out_);
      return true;
    case RdataField::kEui64:
      AppendGroups(reader_.Take(8), 1, '-', out_);
      return true;
    case RdataField::kGateway:
      return rdata_.size() > 1 && WriteGateway(rdata_[1]);
    case RdataField::kAmtRelay: {
      const uint8_t kind = reader_.U8();
      absl::StrAppend(&out_, kind >> 7, " ", kind & 0x7f, " ");
      return WriteGateway(kind & 0x7f);
    }
    case RdataField::kSvcParams:
      AppendSvcParams(reader_, out_);
      return true;
    default:
      return false;
  }
}

// RFC 4025 §2.3, RFC 8777 §4.2.3.
bool FieldWriter::WriteGateway(uint8_t kind) {
  switch (kind) {
    case 0:
      out_ += '.';
      return true;
    case 1:
      AppendIp4(reader_.Take(4), out_);
      return true;
    case 2:
      AppendIp6(reader_.Take(16), out_);
      return true;
    case 3:
      WriteName();
      return true;
    default:
      return false;
  }
}

}  // namespace

void AppendRdataText(RrType type, ByteView rdata, std::string& out) {
  const RdataShape* const shape = ShapeOf(type);
  const size_t before = out.size();
  if (shape != nullptr && shape->text == RdataText::kOwn && FieldWriter(rdata, out).Write(*shape)) {
    return;
  }
  out.resize(before);
  absl::StrAppend(&out, "\\# ", rdata.size());
  if (rdata.empty()) return;
  out += ' ';
  AppendHex(rdata, out);
}

void AppendRecordText(NameView owner, RrType type, uint32_t ttl_seconds, ByteView rdata,
                      std::string& out) {
  absl::StrAppend(&out, owner.ToText(), " ", ttl_seconds, " IN ", TypeToText(type), " ");
  AppendRdataText(type, rdata, out);
}

}  // namespace hither
