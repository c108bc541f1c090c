#include "zones/text/rdata_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dns/rdata.h"
#include "zones/text/rdata_forms.h"
#include "zones/text/rdata_svcb.h"

namespace hither {
namespace {

// Those that take all remaining tokens.
bool TakesRest(RdataField field) {
  switch (field) {
    case RdataField::kOptionalString:
    case RdataField::kStrings:
    case RdataField::kHex:
    case RdataField::kBase64:
    case RdataField::kOptionalBase64:
    case RdataField::kDoaData:
    case RdataField::kTypes:
    case RdataField::kAmtRelay:
    case RdataField::kSvcParams:
    case RdataField::kWks:
    case RdataField::kLoc:
    case RdataField::kApl:
    case RdataField::kHip:
      return true;
    default:
      return false;
  }
}

bool MayBeEmpty(RdataField field) {
  return field == RdataField::kOptionalString || field == RdataField::kOptionalBase64 ||
         field == RdataField::kTypes || field == RdataField::kSvcParams ||
         field == RdataField::kApl;
}

// Text, SVCB's values, and CAA's tag, which many quote. Quotes around a number or an address are a
// mistake.
bool MayBeQuoted(RdataField field) {
  switch (field) {
    case RdataField::kString:
    case RdataField::kOptionalString:
    case RdataField::kStrings:
    case RdataField::kLongString:
    case RdataField::kTag:
    case RdataField::kSvcParams:
      return true;
    default:
      return false;
  }
}

const Token* FirstQuoted(std::span<const Token> tokens) {
  const auto at =
      std::find_if(tokens.begin(), tokens.end(), [](const Token& t) { return t.quoted; });
  return at == tokens.end() ? nullptr : &*at;
}

Complaint ReadNumber(absl::string_view text, size_t octets, RdataBuffer& out) {
  uint64_t number = 0;
  if (!ParseNumber(text, UINT64_MAX >> (64 - 8 * octets), number)) {
    switch (octets) {
      case 1:
        return "is not a number from 0 to 255";
      case 2:
        return "is not a number from 0 to 65535";
      case 4:
        return "is not a number from 0 to 4294967295";
      default:
        return "is not a number below 2^64";
    }
  }
  for (size_t left = octets; left > 0; --left)
    out.U8(static_cast<uint8_t>(number >> 8 * (left - 1)));
  return nullptr;
}

// The names of flags, which are read for other types, too, are those of KEY.
Complaint WhyNotFlags(RrType type) {
  if (type == RrType::kDnskey || type == RrType::kCdnskey) {
    return "is not a number from 0 to 65535, such as 256, or 257 for a key-signing key";
  }
  return "is not a number from 0 to 65535";
}

// RFC 6742 §2.1.2: groups as in IPv6 addresses, but none omitted.
Complaint ReadNodeId(absl::string_view text, RdataBuffer& out) {
  constexpr Complaint kComplaint = "is not four groups of hexadecimal digits";
  size_t i = 0;
  for (size_t group = 0; group < 4; ++group) {
    if (group > 0 && (i >= text.size() || text[i++] != ':')) return kComplaint;
    const size_t start = i;
    int value = 0;
    while (i < text.size() && i - start < 4 && HexDigit(text[i]) >= 0) {
      value = value << 4 | HexDigit(text[i++]);
    }
    if (i == start) return kComplaint;
    out.U16(static_cast<uint16_t>(value));
  }
  return i == text.size() ? nullptr : kComplaint;
}

}  // namespace

std::string Shown(absl::string_view text, size_t bytes_max) {
  std::string shown = "'";
  for (const char c : text.substr(0, bytes_max)) {
    const auto octet = static_cast<uint8_t>(c);
    if (octet < 0x20 || octet >= 0x7f) {
      absl::StrAppend(&shown, "\\", absl::Dec(octet, absl::kZeroPad3));
    } else {
      shown += c;
    }
  }
  return shown + (text.size() > bytes_max ? "...'" : "'");
}

std::string Shown(const Token& token) { return Shown(token.text()); }

bool RdataParser::Fail(absl::string_view what, const Token* where, const RdataShape* shape) {
  error_ = std::string(what);
  error_line_ = where != nullptr ? where->line : 0;
  if (shape != nullptr && !shape->form.empty()) {
    absl::StrAppend(&error_, "; write ", TypeToText(shape->type), " ", shape->form, " (",
                    shape->source, ")");
  }
  return false;
}

bool RdataParser::FailAt(const Token& token, Complaint complaint, const RdataShape& shape) {
  return Fail(absl::StrCat(Shown(token), " ", complaint), &token, &shape);
}

bool RdataParser::Parse(RrType type, std::span<const Token> tokens, NameView origin) {
  tokens_ = tokens;
  origin_ = origin;
  out_.Clear();
  if (!tokens.empty() && !tokens[0].quoted && tokens[0].text() == "\\#") {
    return ParseUnknown(type);
  }
  const RdataShape* const shape = ShapeOf(type);
  if (shape == nullptr || shape->text == RdataText::kNone) {
    return Fail(absl::StrCat(TypeToText(type),
                             " has no text form of its own; write \\# length hex (RFC 3597 §5)"),
                nullptr, nullptr);
  }
  return ParseFields(*shape);
}

bool RdataParser::ParseFields(const RdataShape& shape) {
  size_t at = 0;
  for (const RdataField* field = shape.fields; *field != RdataField::kEnd; ++field) {
    const bool rest = TakesRest(*field);
    if (at == tokens_.size() && !MayBeEmpty(*field)) {
      const Token* const last = tokens_.empty() ? nullptr : &tokens_.back();
      return Fail("the record ends too early", last, &shape);
    }
    const std::span<const Token> taken = tokens_.subspan(at, rest ? tokens_.size() - at : 1);
    if (!MayBeQuoted(*field)) {
      const Token* const quoted = FirstQuoted(taken);
      if (quoted != nullptr) return FailAt(*quoted, "is quoted; write it without quotes", shape);
    }
    blamed_ = taken.empty() ? nullptr : &taken[0];
    const Complaint wrong = rest ? ReadRest(*field, taken) : ReadOne(*field, taken[0]);
    if (wrong != nullptr && blamed_ == nullptr) return Fail(wrong, nullptr, &shape);
    if (wrong != nullptr && *field == RdataField::kKeyFlags && shape.type != RrType::kKey) {
      return FailAt(*blamed_, WhyNotFlags(shape.type), shape);
    }
    if (wrong != nullptr) return FailAt(*blamed_, wrong, shape);
    at = rest ? tokens_.size() : at + 1;
  }
  if (at < tokens_.size()) return FailAt(tokens_[at], "is one field too many", shape);
  if (out_.overflow()) return Fail("RDATA of over 65,535 octets", nullptr, &shape);
  const absl::string_view wrong = CheckMeaning(shape.type, out_.view());
  return wrong.empty() || Fail(wrong, nullptr, &shape);
}

Complaint RdataParser::ReadOne(RdataField field, const Token& token) {
  const absl::string_view text = token.text();
  switch (field) {
    case RdataField::kU8:
      return ReadNumber(text, 1, out_);
    case RdataField::kU16:
      return ReadNumber(text, 2, out_);
    case RdataField::kU32:
      return ReadNumber(text, 4, out_);
    case RdataField::kU64:
      return ReadNumber(text, 8, out_);
    case RdataField::kDuration: {
      uint32_t seconds = 0;
      if (!ParseDuration(text, seconds)) return "is not a time in seconds, or like 1d12h";
      out_.U32(seconds);
      return nullptr;
    }
    case RdataField::kType: {
      const auto type = TypeFromText(text);
      if (!type.has_value()) return "is not a record type";
      out_.U16(static_cast<uint16_t>(*type));
      return nullptr;
    }
    case RdataField::kTime:
      return ReadTime(text, out_);
    case RdataField::kAlgorithm:
      return ReadAlgorithm(text, out_);
    case RdataField::kKeyFlags:
      return ReadKeyFlags(text, out_);
    case RdataField::kKeyProtocol:
      return ReadKeyProtocol(text, out_);
    case RdataField::kCertType:
      return ReadCertType(text, out_);
    case RdataField::kDsyncScheme:
      return ReadDsyncScheme(text, out_);
    case RdataField::kIp4:
      return ReadIp4(text, out_);
    case RdataField::kIp6:
      return ReadIp6(text, out_);
    case RdataField::kName:
      return ReadName(token, origin_, out_);
    case RdataField::kTag:
      if (token.size == 0) return "is an empty tag";
      return ReadString(token, out_);
    case RdataField::kString:
      return ReadString(token, out_);
    case RdataField::kLongString:
      return ReadLongString(token, out_);
    case RdataField::kSalt:
      return ReadSalt(text, out_);
    case RdataField::kHash:
      return ReadBase32Hash(text, out_);
    case RdataField::kNodeId:
      return ReadNodeId(text, out_);
    case RdataField::kEui48:
      return ReadGroupedHex(text, '-', 2, 6, out_);
    case RdataField::kEui64:
      return ReadGroupedHex(text, '-', 2, 8, out_);
    case RdataField::kGateway:
      return ReadGateway(out_.view()[1], token);
    case RdataField::kNsap:
      return ReadNsap(text, out_);
    case RdataField::kAtma:
      return ReadAtma(text, out_);
    default:
      return "has no text form";
  }
}

Complaint RdataParser::ReadRest(RdataField field, std::span<const Token> rest) {
  const size_t before = out_.size();
  Complaint wrong = nullptr;
  switch (field) {
    case RdataField::kOptionalString:
      if (rest.size() > 1) return "is followed by one field too many";
      return rest.empty() ? nullptr : ReadString(rest[0], out_);
    case RdataField::kStrings:
      for (const Token& token : rest) {
        if ((wrong = ReadString(token, out_)) != nullptr) return wrong;
      }
      return nullptr;
    case RdataField::kHex:
    case RdataField::kBase64:
      wrong = field == RdataField::kHex ? ReadHex(rest, out_) : ReadBase64(rest, out_);
      if (wrong != nullptr) return wrong;
      return out_.size() > before ? nullptr : "is empty";
    case RdataField::kOptionalBase64:
      return ReadBase64(rest, out_);
    case RdataField::kDoaData:
      if (rest.size() == 1 && rest[0].text() == "-") return nullptr;
      return ReadBase64(rest, out_);
    case RdataField::kTypes:
      return ReadTypeBitmap(rest, out_);
    case RdataField::kAmtRelay:
      return ReadRelay(rest);
    case RdataField::kWks:
      return ReadWks(rest, out_, blamed_);
    case RdataField::kLoc:
      return ReadLoc(rest, out_, blamed_);
    case RdataField::kApl:
      return ReadApl(rest, out_, blamed_);
    case RdataField::kHip:
      return ReadHip(rest, origin_, out_, blamed_);
    case RdataField::kSvcParams: {
      // Also in AliasMode, where clients ignore them (RFC 9460 §2.4.2): zone_check warns of them.
      return ReadSvcParams(rest, out_, complaint_) ? nullptr : complaint_.c_str();
    }
    default:
      return "has no text form";
  }
}

// RFC 4025 §2.3 and RFC 8777 §4.2.3 number them alike.
Complaint RdataParser::ReadGateway(uint8_t kind, const Token& token) {
  switch (kind) {
    case 0:
      return token.text() == "." ? nullptr : "is not a gateway of type 0; write \".\"";
    case 1:
      return ReadIp4(token.text(), out_);
    case 2:
      return ReadIp6(token.text(), out_);
    case 3:
      return ReadName(token, origin_, out_);
    default:
      return "is a gateway of unknown type";
  }
}

Complaint RdataParser::ReadRelay(std::span<const Token> rest) {
  uint64_t discovery = 0;
  uint64_t kind = 0;
  if (rest.size() != 3) return "begins a relay that is not three fields";
  if (!ParseNumber(rest[0].text(), 1, discovery)) return "is not a D bit, 0 or 1";
  if (!ParseNumber(rest[1].text(), 127, kind)) return "is not followed by a relay type from 0 to 3";
  out_.U8(static_cast<uint8_t>(discovery << 7 | kind));
  return ReadGateway(static_cast<uint8_t>(kind), rest[2]);
}

// RFC 3597 §5. For a known type, the octets must be valid for that type.
bool RdataParser::ParseUnknown(RrType type) {
  uint64_t length = 0;
  if (const Token* const quoted = FirstQuoted(tokens_)) {
    return Fail(
        absl::StrCat(Shown(*quoted), " is quoted after \\#; write \\# length hex (RFC 3597 §5)"),
        quoted, nullptr);
  }
  if (tokens_.size() < 2 || !ParseNumber(tokens_[1].text(), kRdataBytesMax, length)) {
    return Fail("\\# without a length of 0 to 65535; write \\# length hex (RFC 3597 §5)",
                &tokens_[0], nullptr);
  }
  if (const Complaint wrong = ReadHex(tokens_.subspan(2), out_)) {
    return Fail(absl::StrCat("after \\#: ", wrong, "; write \\# length hex (RFC 3597 §5)"),
                &tokens_[0], nullptr);
  }
  if (out_.overflow() || out_.size() != length) {
    return Fail(absl::StrCat("\\# ", length, " is followed by ",
                             out_.overflow() ? "more than 65535" : absl::StrCat(out_.size()),
                             " octets; correct the length (RFC 3597 §5)"),
                &tokens_[0], nullptr);
  }
  const absl::Status valid = ValidateRdata(type, out_.view());
  return valid.ok() || Fail(absl::StrCat(valid.message(), "; write the octets of a valid ",
                                         TypeToText(type), " (RFC 3597 §5)"),
                            &tokens_[0], nullptr);
}

absl::StatusOr<Bytes> RdataFromText(RrType type, absl::string_view fields, NameView origin) {
  MemorySource source(fields);
  ZoneScanner scanner(source, std::min(fields.size() + 1, ZoneScanner::kPieceBytes));
  ZoneEntry entry;
  RdataParser parser;
  const bool any = scanner.Next(entry);
  if (!entry.error.empty()) return absl::InvalidArgumentError(entry.error);
  if (!parser.Parse(type, any ? entry.tokens : std::span<const Token>(), origin)) {
    return absl::InvalidArgumentError(parser.error());
  }
  const Bytes rdata(parser.rdata().begin(), parser.rdata().end());
  if (any && scanner.Next(entry)) {
    return absl::InvalidArgumentError("a second line; put it into parentheses (RFC 1035 §5.1)");
  }
  return rdata;
}

}  // namespace hither
