#include "zones/text/zone_file.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "zones/text/zone_file_hints.h"
#include "zones/text/zone_file_reader.h"

namespace hither {
namespace {

constexpr uint32_t kTtlMax = 0x7fffffff;  // RFC 2181 §8.
constexpr uint32_t kNotAsciiShownMax = 10;

bool HasHighOctet(const uint8_t* octets, size_t size) {
  uint64_t all = 0;
  for (; size >= 8; size -= 8, octets += 8) {
    uint64_t word;
    std::memcpy(&word, octets, 8);
    all |= word;
  }
  for (; size > 0; --size) all |= *octets++;
  return (all & 0x8080808080808080) != 0;
}

enum class ClassWord { kNone, kIn, kOther };

// Is it a class, and which one? CLASSnnn is RFC 3597 §5's.
ClassWord ClassOf(absl::string_view text) {
  if (text.size() == 2) {
    const char first = static_cast<char>(text[0] | 0x20);
    const char second = static_cast<char>(text[1] | 0x20);
    if (first == 'i' && second == 'n') return ClassWord::kIn;
    const bool other =
        (first == 'c' && (second == 'h' || second == 's')) || (first == 'h' && second == 's');
    return other ? ClassWord::kOther : ClassWord::kNone;
  }
  uint64_t number = 0;
  if (text.size() < 6 || !absl::EqualsIgnoreCase(text.substr(0, 5), "CLASS") ||
      !ParseNumber(text.substr(5), UINT16_MAX, number)) {
    return ClassWord::kNone;
  }
  return number == static_cast<uint16_t>(RrClass::kIn) ? ClassWord::kIn : ClassWord::kOther;
}

// Counts as a reader while it exists, however the reading ends.
class Reading {
 public:
  explicit Reading(LoadProgress* progress) : progress_(progress) {
    if (progress_ != nullptr) progress_->readers.fetch_add(1, std::memory_order_relaxed);
  }
  ~Reading() {
    if (progress_ != nullptr) progress_->readers.fetch_sub(1, std::memory_order_relaxed);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  LoadProgress* const progress_;
};

}  // namespace

ZoneFileResult ZoneFileReader::ReadFile(const std::string& path) {
  const Reading reading(progress_);
  result_.files.push_back(path);
  std::string why;
  if (!OpenFirst(path, why)) {
    result_.findings.push_back({Severity::kError, path, 0, why});
    return std::move(result_);
  }
  return ReadAll();
}

ZoneFileResult ZoneFileReader::ReadText(absl::string_view text, const std::string& name) {
  result_.files.push_back(name);
  OpenFile& file = files_.emplace_back();
  file.source = std::make_unique<MemorySource>(text);
  const size_t piece_bytes = std::min(text.size() + 1, ZoneScanner::kPieceBytes);
  file.scanner = std::make_unique<ZoneScanner>(*file.source, piece_bytes);
  return ReadAll();
}

ZoneFileResult ZoneFileReader::ReadAll() {
  ZoneEntry entry;
  while (!files_.empty() && !stopped_) {
    if (!files_.back().scanner->Next(entry)) {
      PopFile();
    } else if (!entry.error.empty()) {
      AddError(entry.line, std::move(entry.error));
    } else {
      HandleEntry(entry);
    }
  }
  if (repeated_.not_ascii > kNotAsciiShownMax) {
    result_.findings.push_back({Severity::kWarning, result_.files[0], 0,
                                absl::StrCat("and ", repeated_.not_ascii - kNotAsciiShownMax,
                                             " more owners that are not ASCII")});
  }
  TellProgress();
  TellWhatIsLeft();
  files_.clear();
  result_.ok = errors_ == 0;
  return std::move(result_);
}

void ZoneFileReader::PopFile() {
  const OpenFile& file = files_.back();
  if (const int error = file.scanner->read_error(); error != 0) {
    AddError(0, absl::StrCat("cannot read the rest: ", std::strerror(error), "; check the disk"));
  }
  if (file.fd && file.scanner->ends_in_line()) {
    result_.ends_in_line = true;
    AddWarning(file.scanner->line(),
               "the file does not end with a line feed; it may be half written (RFC 1035 §5.1)");
  }
  bytes_of_closed_files_ += file.scanner->bytes_read();
  piece_end_ = 0;
  if (files_.size() > 1) {
    scope_ = file.scope_after;
    owner_text_.clear();
  }
  files_.pop_back();
}

const std::string& ZoneFileReader::file_name() const { return result_.files[files_.back().number]; }

void ZoneFileReader::AddError(uint32_t line, std::string text) {
  if (stopped_) return;
  if (generated_.line != 0) line = generated_.line;
  result_.findings.push_back({Severity::kError, file_name(), line, std::move(text)});
  if (++errors_ < limits_.errors_max) return;
  stopped_ = true;
  result_.findings.push_back(
      {Severity::kError, file_name(), line,
       absl::StrCat("reading stops after ", errors_, " errors; correct them to see more")});
}

void ZoneFileReader::AddWarning(uint32_t line, std::string text) {
  result_.findings.push_back({Severity::kWarning, file_name(), line, std::move(text)});
}

uint64_t ZoneFileReader::BytesRead() const {
  uint64_t bytes = bytes_of_closed_files_;
  for (const OpenFile& file : files_) bytes += file.scanner->bytes_read();
  return bytes;
}

void ZoneFileReader::TellProgress() {
  if (progress_ == nullptr) return;
  const uint64_t bytes = BytesRead();
  progress_->bytes_done.fetch_add(bytes - std::exchange(told_.bytes, bytes),
                                  std::memory_order_relaxed);
  const uint64_t records = result_.records - std::exchange(told_.records, result_.records);
  progress_->records.fetch_add(records, std::memory_order_relaxed);
}

// Progress must not wait for these octets.
void ZoneFileReader::TellWhatIsLeft() {
  const uint64_t bytes = BytesRead();
  if (progress_ == nullptr || bytes >= bytes_opened_) return;
  progress_->bytes_left.fetch_add(bytes_opened_ - bytes, std::memory_order_relaxed);
}

// Work for each piece of text, done at its first entry.
bool ZoneFileReader::TakePiece(uint32_t line) {
  piece_end_ = files_.back().scanner->bytes_read();
  TellProgress();
  if (IsRaised(limits_.stop)) {
    AddError(line, kStoppedText);
    stopped_ = true;
    return false;
  }
  if (BytesRead() <= limits_.file_bytes_max) return true;
  AddError(line, absl::StrCat("over ", limits_.file_bytes_max,
                              " octets of text in one zone; split the zone"));
  stopped_ = true;
  return false;
}

void ZoneFileReader::HandleEntry(const ZoneEntry& entry) {
  if (files_.back().scanner->bytes_read() != piece_end_ && !TakePiece(entry.line)) return;
  const Token& first = entry.tokens[0];
  if (first.size > 1 && first.data[0] == '$' && !first.quoted && entry.starts_in_column_1) {
    HandleDirective(entry);
  } else if (first.size > 1 && first.data[0] == '$' && !first.quoted && IsDirective(first.text())) {
    AddError(entry.line, absl::StrCat(Shown(first),
                                      " is not at the start of its line; remove the "
                                      "blanks before it (RFC 1035 §5.1)"));
    if (absl::EqualsIgnoreCase(first.text(), "$TTL")) TakeTtl(entry);
  } else {
    HandleRecord(entry);
  }
}

void ZoneFileReader::HandleDirective(const ZoneEntry& entry) {
  const absl::string_view word = entry.tokens[0].text();
  if (absl::EqualsIgnoreCase(word, "$ORIGIN")) return HandleOrigin(entry);
  if (absl::EqualsIgnoreCase(word, "$TTL")) return HandleTtl(entry);
  if (absl::EqualsIgnoreCase(word, "$INCLUDE")) return HandleInclude(entry);
  if (absl::EqualsIgnoreCase(word, "$GENERATE")) return HandleGenerate(entry);
  AddError(entry.line,
           absl::StrCat("unknown directive ", Shown(entry.tokens[0]),
                        "; there are $ORIGIN, $TTL, $INCLUDE and $GENERATE; a name that starts "
                        "with $ is written \\$ (RFC 1035 §5.1)"));
}

void ZoneFileReader::HandleOrigin(const ZoneEntry& entry) {
  Complaint wrong = "needs one name";
  uint8_t wire[kNameRoomBytes];
  size_t size = 0;
  if (entry.tokens.size() == 2) {
    size = NameFromToken(entry.tokens[1], scope_.origin, wire, wrong);
  }
  if (size == 0) {
    const std::string what = entry.tokens.size() == 2 ? Shown(entry.tokens[1]) : "$ORIGIN";
    return AddError(entry.line,
                    absl::StrCat(what, " ", wrong, "; write $ORIGIN name (RFC 1035 §5.1)"));
  }
  scope_.origin = Name(NameView(ByteView(wire, size)));
  owner_text_.clear();
}

void ZoneFileReader::HandleTtl(const ZoneEntry& entry) {
  if (TakeTtl(entry)) return;
  AddError(entry.line,
           "$TTL needs one time of at most 2147483647 seconds; write $TTL 3600 or "
           "$TTL 1h (RFC 2308 §4, RFC 2181 §8)");
}

// If it is wrong, that is one mistake: none is that the records after it have no TTL.
bool ZoneFileReader::TakeTtl(const ZoneEntry& entry) {
  uint32_t seconds = 0;
  const bool is_good = entry.tokens.size() == 2 && !entry.tokens[1].quoted &&
                       ParseDuration(entry.tokens[1].text(), seconds) && seconds <= kTtlMax;
  if (is_good || !ttls_.has_default) ttls_.default_seconds = is_good ? seconds : ttls_.last_seconds;
  ttls_.has_default = true;
  return is_good;
}

bool ZoneFileReader::ReadOwner(const Token& token) {
  if (!owner_text_.empty() && !token.quoted && token.text() == owner_text_) return true;
  Complaint wrong = nullptr;
  const size_t size = NameFromToken(token, scope_.origin, scope_.owner.octets, wrong);
  if (size == 0) {
    owner_text_.clear();  // The previous one is overwritten.
    AddError(token.line, absl::StrCat("owner ", Shown(token), " ", wrong,
                                      "; write a domain name (RFC 1035 §5.1)"));
    return false;
  }
  scope_.owner.size = size;
  owner_text_.assign(token.data, token.size);
  if (HasHighOctet(reinterpret_cast<const uint8_t*>(token.data), token.size)) WarnOfOctets(token);
  return true;
}

// BIND serves such names, and so do we: only who wrote \DDD shows that it is meant.
void ZoneFileReader::WarnOfOctets(const Token& owner) {
  if (++repeated_.not_ascii <= kNotAsciiShownMax) AddWarning(owner.line, WhyNotAscii(owner));
}

// Once an error says so, other mistakes are easier to see without it.
bool ZoneFileReader::TakeAge(const Token& token) {
  if (token.quoted || token.size == 0 || token.data[0] != '[' || !IsMicrosoftAge(token.text())) {
    return false;
  }
  if (!std::exchange(repeated_.age, true)) AddError(token.line, WhyNoType({&token, 1}, 0));
  return true;
}

// [TTL] [class] type, the first two in either order: RFC 1035 §5.1.
bool ZoneFileReader::ReadHeading(const ZoneEntry& entry, size_t from, Heading& heading) {
  bool has_class = false;
  for (size_t at = from; at < entry.tokens.size(); ++at) {
    const Token& token = entry.tokens[at];
    const absl::string_view text = token.text();
    if (!heading.has_ttl && !token.quoted && token.size > 0 && absl::ascii_isdigit(text[0])) {
      if (!ParseDuration(text, heading.ttl_seconds) || heading.ttl_seconds > kTtlMax) {
        AddError(token.line,
                 absl::StrCat("TTL ", Shown(token),
                              " is not a time of at most 2147483647 seconds; write 3600 "
                              "or 1h (RFC 2181 §8)"));
        return false;
      }
      heading.has_ttl = true;
      continue;
    }
    const bool may_be_class = !has_class && !token.quoted;
    const ClassWord class_word = may_be_class ? ClassOf(text) : ClassWord::kNone;
    if (class_word == ClassWord::kOther) {
      AddError(token.line, absl::StrCat("class ", Shown(token),
                                        "; only zones of class IN are served (RFC 1035 §5.2)"));
      return false;
    }
    if (class_word == ClassWord::kIn) {
      has_class = true;
      continue;
    }
    const auto type = TypeFromText(text);
    const bool is_class_any = type == RrType::kAny && at + 1 < entry.tokens.size() &&
                              TypeFromText(entry.tokens[at + 1].text()).has_value();
    if (!type.has_value() || token.quoted || is_class_any) {
      if (TakeAge(token)) continue;
      AddError(token.line, WhyNoType(entry.tokens, at));
      return false;
    }
    heading.type = *type;
    heading.tokens = at + 1;
    return true;
  }
  AddError(entry.tokens.back().line,
           "the record ends before its type; write owner [TTL] [IN] type data (RFC 1035 §5.1)");
  return false;
}

bool ZoneFileReader::CheckHeading(const ZoneEntry& entry, const Heading& heading) {
  if (scope_.owner.size == 0) {
    scope_.owner_is_bad = true;  // One error is enough for it and the records that follow it.
    AddError(entry.line,
             "the first record has no owner; write its name at the start of the line "
             "(RFC 1035 §5.1)");
    return false;
  }
  if (IsMetaType(heading.type) || heading.type == RrType{0}) {
    AddError(entry.line, absl::StrCat(TypeToText(heading.type),
                                      " is not a type of data; remove the record (RFC 6895 §3.1)"));
    return false;
  }
  return true;
}

void ZoneFileReader::HandleRecord(const ZoneEntry& entry) {
  Heading heading;
  size_t from = 0;
  if (entry.starts_in_column_1) {
    scope_.owner_is_bad = !ReadOwner(entry.tokens[0]);
    from = 1;
  }
  if (scope_.owner_is_bad) return;  // One error is enough for it and the records that follow it.
  if (!ReadHeading(entry, from, heading) || !CheckHeading(entry, heading)) return;
  if (!parser_.Parse(heading.type, entry.tokens.subspan(heading.tokens), scope_.origin)) {
    // Its MINIMUM would be the TTL of the records that follow it: theirs is no other mistake.
    if (heading.type == RrType::kSoa && !heading.has_ttl) ttls_.has_default = true;
    return AddError(parser_.error_line() != 0 ? parser_.error_line() : entry.line, parser_.error());
  }
  uint32_t ttl_seconds = 0;
  if (!ChooseTtl(entry, heading, ttl_seconds)) return;
  ++result_.records;
  sink_.Add({scope_.owner.view(),
             heading.type,
             ttl_seconds,
             parser_.rdata(),
             {files_.back().number, generated_.line != 0 ? generated_.line : entry.line}});
}

// Its own; else $TTL's (RFC 2308 §4); else the last one written (RFC 1035 §5.1). The SOA comes
// before all others: with neither, its MINIMUM, the default before RFC 2308, applies.
bool ZoneFileReader::ChooseTtl(const ZoneEntry& entry, const Heading& heading,
                               uint32_t& ttl_seconds) {
  if (heading.has_ttl) {
    ttl_seconds = ttls_.last_seconds = heading.ttl_seconds;
    ttls_.has_last = true;
    return true;
  }
  if (ttls_.has_default) {
    ttl_seconds = ttls_.default_seconds;
    return true;
  }
  if (ttls_.has_last) {
    ttl_seconds = ttls_.last_seconds;
    if (!ttls_.warned_of_last) {
      ttls_.warned_of_last = true;
      AddWarning(entry.line,
                 absl::StrCat("no TTL and no $TTL, so the last TTL written, ", ttls_.last_seconds,
                              ", is used here and below; add $TTL (RFC 2308 §4)"));
    }
    return true;
  }
  if (heading.type == RrType::kSoa) {
    const ByteView rdata = parser_.rdata();
    const uint32_t minimum = LoadU32(rdata.data() + rdata.size() - 4);
    if (minimum <= kTtlMax) {
      ttl_seconds = ttls_.default_seconds = minimum;
      ttls_.has_default = true;
      AddWarning(entry.line, absl::StrCat("no TTL and no $TTL, so the SOA's MINIMUM, ", minimum,
                                          ", is used here and below; add $TTL (RFC 2308 §4)"));
      return true;
    }
  }
  ttls_.has_default = true;  // One error is enough for it and the records that follow it.
  AddError(entry.line, "no TTL, and no earlier one to use; add $TTL (RFC 2308 §4)");
  return false;
}

ZoneFileResult ReadZoneFile(const std::string& path, NameView origin, RecordSink& sink,
                            const ZoneFileLimits& limits, LoadProgress* progress) {
  return ZoneFileReader(origin, sink, limits, progress).ReadFile(path);
}

ZoneFileResult ReadZoneText(absl::string_view text, const std::string& name, NameView origin,
                            RecordSink& sink, const ZoneFileLimits& limits) {
  return ZoneFileReader(origin, sink, limits).ReadText(text, name);
}

}  // namespace hither
