#include "zones/text/zone_scanner.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "zones/text/text_block.h"

namespace hither {
namespace {

enum CharClass : uint8_t {
  kOrdinary,
  kBlank,
  kNewline,
  kReturn,
  kQuote,
  kOpen,
  kClose,
  kComment,
  kEscape,
  kNul
};

constexpr std::array<CharClass, 256> MakeClasses() {
  std::array<CharClass, 256> classes{};
  classes[' '] = kBlank;
  classes['\t'] = kBlank;
  classes['\r'] = kReturn;
  classes['\n'] = kNewline;
  classes['"'] = kQuote;
  classes['('] = kOpen;
  classes[')'] = kClose;
  classes[';'] = kComment;
  classes['\\'] = kEscape;
  classes['\0'] = kNul;
  return classes;
}
constexpr std::array<CharClass, 256> kClasses = MakeClasses();

CharClass ClassOf(char c) { return kClasses[static_cast<uint8_t>(c)]; }

// After the text: the sentinel, and room for a block that starts at it.
constexpr size_t kSlackBytes = TextBlock::kBytes;
static_assert(kSlackBytes >= Token::kSlackBytes);

constexpr char kNulError[] = "a NUL octet; is this a text file? write \\000 (RFC 1035 §5.1)";
// BIND ends a line at one, but not in a comment. Where it is ignored two records become one.
constexpr char kReturnError[] =
    "a carriage return without a line feed; end each line with LF or CR LF (RFC 1035 §5.1)";
constexpr char kUtf16Error[] =
    "this is UTF-16; save the file as UTF-8 or ASCII text, or convert it with iconv -f UTF-16 -t "
    "UTF-8 (RFC 1035 §5.1)";
constexpr char kOpenQuote[] =
    "a quoted string is not closed on its line; close it with \" (RFC 1035 §5.1)";
constexpr char kCloseAlone[] = "')' without '('; remove it, or open the group (RFC 1035 §5.1)";
constexpr char kBackslashError[] =
    "a backslash at the end of the line; remove it, or write \\\\ (RFC 1035 §5.1)";
constexpr char kTooManyError[] =
    "more fields than a record can have; is a parenthesis left open? (RFC 1035 §5.1)";
constexpr char kTooLongGroup[] =
    "a record of over 16 MiB of text; is a parenthesis left open? (RFC 1035 §5.1)";
constexpr char kTooLongLine[] =
    "a record of over 16 MiB of text; is an end of line missing? (RFC 1035 §5.1)";
constexpr char kTooLongComment[] =
    "a comment of over 16 MiB; split it into lines, each with a ';' (RFC 1035 §5.1)";

// Is there a CR in the text that ends no line? `end` is a LF, or the end of the file.
bool HasLoneReturn(const char* text, const char* end) {
  const void* found = std::memchr(text, '\r', static_cast<size_t>(end - text));
  return found != nullptr && static_cast<const char*>(found) + 1 != end;
}

// Does a text start like this? Four octets. A byte order mark, or every other octet is 0.
bool IsUtf16(const char* text) {
  if (std::memcmp(text, "\xff\xfe", 2) == 0 || std::memcmp(text, "\xfe\xff", 2) == 0) return true;
  const bool first = text[0] != 0 && text[2] != 0;
  const bool second = text[1] != 0 && text[3] != 0;
  return first != second && (first || second) && (text[0] == 0) == (text[2] == 0) &&
         (text[1] == 0) == (text[3] == 0);
}

}  // namespace

ssize_t MemorySource::Read(char* to, size_t room) {
  const size_t count = std::min(room, rest_.size());
  if (count > 0) std::memcpy(to, rest_.data(), count);
  rest_.remove_prefix(count);
  return static_cast<ssize_t>(count);
}

ssize_t FileSource::Read(char* to, size_t room) {
  if (left_ == 0) return 0;
  while (true) {
    const ssize_t count = read(fd_, to, std::min<uint64_t>(room, left_));
    if (count > 0) left_ -= static_cast<uint64_t>(count);
    if (count >= 0 || errno != EINTR) return count;
  }
}

// The position of a scan. Discarded if the text turns out to be incomplete.
struct ZoneScanner::Cursor {
  const char* p;
  const char* end;
  uint32_t line;
  uint32_t depth = 0;       // Of parentheses.
  bool in_comment = false;  // One that goes on after `end`.
  const char* open_at = nullptr;
  uint32_t open_line = 0;
  Outcome outcome = Outcome::kEntry;
  uint32_t error_line = 0;
  absl::string_view error = {};

  bool Stopped(Outcome why) {
    outcome = why;
    return false;
  }
};

ZoneScanner::ZoneScanner(TextSource& source, size_t piece_bytes)
    : source_(source), buffer_(new char[piece_bytes + kSlackBytes]), room_(piece_bytes) {
  std::memset(buffer_.get(), 0, kSlackBytes);
}

bool ZoneScanner::Next(ZoneEntry& entry) {
  entry.tokens = {};
  entry.error.clear();
  if (skip_ != Skip::kNothing) SkipLines();
  while (true) {
    if (plain_lines_ && ScanPlain(entry)) return true;
    switch (Scan(entry)) {
      case Outcome::kEntry:
      case Outcome::kError:
        return true;
      case Outcome::kEnd:
        return false;
      case Outcome::kSkipped:
        continue;
      case Outcome::kNeedMore:
        break;
    }
    const bool filled = Refill();
    if (filled && !is_utf16_) continue;
    entry.line = line_;
    entry.error = is_utf16_ ? kUtf16Error : unfinished_.error;
    skip_ = unfinished_.in_group ? Skip::kGroup : Skip::kLine;
    group_has_error_ = group_has_error_ || unfinished_.in_group;
    if (is_utf16_) SkipAll();
    return true;
  }
}

// The plain line at `p`: its fields into plain_tokens_, `p` past its end. False if it is not plain,
// or incomplete.
bool ZoneScanner::ScanPlainLine(const char*& p, bool& starts_in_column_1, size_t& count) {
  starts_in_column_1 = ClassOf(*p) != kBlank;
  const char* field = nullptr;  // One without an end yet.
  uint64_t in_field = 0;        // 1 if the block before ends within a field.
  for (const char* block_at = p;; block_at += TextBlock::kBytes) {
    const TextBlock block = Classify(block_at);
    const uint64_t of_field = ~(block.blanks | block.stops);
    const uint64_t shifted = of_field << 1 | in_field;
    // Up to the first stop; everything if there is none.
    const uint64_t wanted = block.stops ^ (block.stops - 1);
    uint64_t starts = of_field & ~shifted & wanted;
    uint64_t ends = ~of_field & shifted & wanted;
    while (field != nullptr || starts != 0) {
      if (field == nullptr) {
        field = block_at + std::countr_zero(starts);
        starts &= starts - 1;
      }
      if (ends == 0) break;
      if (count == kPlainTokensMax) return false;
      const char* const end = block_at + std::countr_zero(ends);
      ends &= ends - 1;
      plain_tokens_[count++] = {field, static_cast<uint32_t>(end - field), line_};
      field = nullptr;
    }
    in_field = of_field >> 63;
    if (block.stops != 0) return EndPlainLine(block_at + std::countr_zero(block.stops), p);
  }
}

// Past the line's end, if that is what stops it, or a comment that does.
bool ZoneScanner::EndPlainLine(const char* stop, const char*& p) const {
  if (*stop == ';') {
    const char* const comment = stop;
    stop = static_cast<const char*>(std::memchr(stop, '\n', buffer_.get() + end_ - stop));
    if (stop != nullptr && HasLoneReturn(comment, stop)) return false;
  } else if (*stop == '\r') {
    ++stop;
  }
  if (stop == nullptr || *stop != '\n') return false;
  p = stop + 1;
  return true;
}

// Takes plain lines up to the first that has a field. False leaves the rest to Scan().
bool ZoneScanner::ScanPlain(ZoneEntry& entry) {
  const char* p = buffer_.get() + at_;
  size_t count = 0;
  bool starts_in_column_1 = false;
  while (ScanPlainLine(p, starts_in_column_1, count)) {
    at_ = static_cast<size_t>(p - buffer_.get());
    const uint32_t line = line_++;
    if (count == 0) continue;
    entry.line = line;
    entry.starts_in_column_1 = starts_in_column_1;
    entry.tokens = {plain_tokens_.data(), count};
    return true;
  }
  return false;
}

void ZoneScanner::PushToken(const Cursor& cursor, const char* from, const char* to, bool quoted,
                            bool escaped) {
  bool glued = false;
  if (!tokens_.empty()) {
    const Token& last = tokens_.back();
    glued = last.data + last.size + (last.quoted ? 1 : 0) == from - (quoted ? 1 : 0);
  }
  tokens_.push_back({from, static_cast<uint32_t>(to - from), cursor.line, quoted, escaped, glued});
}

bool ZoneScanner::Stop(Cursor& cursor, absl::string_view error) {
  cursor.error = error;
  cursor.error_line = cursor.line;
  return cursor.Stopped(Outcome::kError);
}

// For a group without an end: the mistake is where it opens, and reading continues after that.
bool ZoneScanner::StopAtGroup(Cursor& cursor, absl::string_view error) {
  if (cursor.depth > 0) {
    cursor.p = cursor.open_at;
    cursor.line = cursor.open_line;
  }
  return Stop(cursor, error);
}

// One token of ordinary characters and escapes, at cursor.p.
bool ZoneScanner::ScanToken(Cursor& cursor) {
  const char* p = cursor.p;
  bool escaped = false;
  while (true) {
    const CharClass kind = ClassOf(*p);
    if (kind == kOrdinary) {
      ++p;
    } else if (kind == kEscape) {
      if (p + 1 >= cursor.end) {
        if (!at_end_of_source_) return cursor.Stopped(Outcome::kNeedMore);
        return Stop(cursor, kBackslashError);
      }
      if (p[1] == '\n' || p[1] == '\r') return Stop(cursor, kBackslashError);
      if (p[1] == '\0') return Stop(cursor, kNulError);
      escaped = true;
      p += 2;
    } else {
      break;
    }
  }
  PushToken(cursor, cursor.p, p, /*quoted=*/false, escaped);
  cursor.p = p;
  return tokens_.size() <= kEntryTokensMax || StopAtGroup(cursor, kTooManyError);
}

// RFC 1035 §5.1 allows an end of line in a quoted string. We do not (nor does BIND): a forgotten
// quote would swallow the rest of the file, and its error would be far from the mistake.
bool ZoneScanner::ScanQuoted(Cursor& cursor) {
  const char* const start = ++cursor.p;
  const char* p = start;
  bool escaped = false;
  while (true) {
    switch (ClassOf(*p)) {
      case kQuote:
        PushToken(cursor, start, p, /*quoted=*/true, escaped);
        cursor.p = p + 1;
        return tokens_.size() <= kEntryTokensMax || StopAtGroup(cursor, kTooManyError);
      case kNewline:
        return StopAtOpenQuote(cursor, p);
      case kNul:
        if (p != cursor.end) return Stop(cursor, kNulError);
        if (!at_end_of_source_) return cursor.Stopped(Outcome::kNeedMore);
        return Stop(cursor, kOpenQuote);
      case kEscape:
        escaped = true;
        ++p;
        if (p != cursor.end && *p != '\n' && *p != '\0') ++p;
        break;
      default:
        ++p;
    }
  }
}

// The mistake may be the end of line instead: then the next quote closes the string, and the text
// between is not another mistake. One that opens a string is followed by its text.
bool ZoneScanner::StopAtOpenQuote(Cursor& cursor, const char* line_end) {
  const char* closing = nullptr;
  size_t quotes = 0;
  for (const char* p = line_end; static_cast<size_t>(p - line_end) < kQuoteLookBytesMax; ++p) {
    const CharClass kind = ClassOf(*p);
    if (p == cursor.end) {
      if (!at_end_of_source_) return cursor.Stopped(Outcome::kNeedMore);
      break;
    }
    if (kind == kNul || (kind == kNewline && quotes > 0)) break;
    if (kind == kEscape && p + 1 < cursor.end) ++p;
    if (kind == kQuote && ++quotes == 1) closing = p;
  }
  if (quotes % 2 == 1) {
    const CharClass next = ClassOf(closing[1]);
    if (next != kOrdinary && next != kEscape && next != kQuote && next != kOpen) {
      Stop(cursor, kOpenQuote);
      cursor.line += static_cast<uint32_t>(std::count(cursor.p, closing, '\n'));
      cursor.p = closing + 1;
      return false;
    }
  }
  return Stop(cursor, kOpenQuote);
}

// Takes the character at cursor.p and what belongs to it; false if the entry ends there.
bool ZoneScanner::Step(Cursor& cursor) {
  switch (ClassOf(*cursor.p)) {
    case kBlank:
      ++cursor.p;
      return true;
    case kNewline:
      ++cursor.p;
      ++cursor.line;
      if (cursor.depth > 0) return true;
      if (!tokens_.empty()) return false;
      at_ = static_cast<size_t>(cursor.p - buffer_.get());  // An empty line: done with it.
      line_ = cursor.line;
      return true;
    case kComment: {
      const void* newline = std::memchr(cursor.p, '\n', cursor.end - cursor.p);
      const char* const end = newline != nullptr ? static_cast<const char*>(newline) : cursor.end;
      if (HasLoneReturn(cursor.p, end)) return Stop(cursor, kReturnError);
      cursor.p = end;
      cursor.in_comment = newline == nullptr;
      return true;
    }
    case kReturn:
      if (cursor.p + 1 == cursor.end) {
        if (!at_end_of_source_) return cursor.Stopped(Outcome::kNeedMore);
      } else if (cursor.p[1] != '\n') {
        return Stop(cursor, kReturnError);
      }
      ++cursor.p;
      return true;
    case kOpen:
      if (cursor.depth++ == 0) {
        cursor.open_at = cursor.p;
        cursor.open_line = cursor.line;
      }
      ++cursor.p;
      return true;
    case kClose:
      if (cursor.depth == 0) return Stop(cursor, kCloseAlone);
      --cursor.depth;
      ++cursor.p;
      return true;
    case kNul:
      if (cursor.p != cursor.end) return Stop(cursor, kNulError);
      if (!at_end_of_source_) return cursor.Stopped(Outcome::kNeedMore);
      if (cursor.depth == 0) return false;
      return StopAtGroup(cursor, "'(' is not closed; close it with ')' (RFC 1035 §5.1)");
    case kQuote:
      return ScanQuoted(cursor);
    case kOrdinary:
    case kEscape:
      return ScanToken(cursor);
  }
  return false;
}

ZoneScanner::Outcome ZoneScanner::Scan(ZoneEntry& entry) {
  Cursor cursor{.p = buffer_.get() + at_, .end = buffer_.get() + end_, .line = line_};
  tokens_.clear();
  while (Step(cursor)) {
  }
  if (cursor.outcome == Outcome::kNeedMore) {
    const bool in_group = cursor.depth > 0;
    unfinished_ = {in_group, in_group            ? kTooLongGroup
                             : cursor.in_comment ? kTooLongComment
                                                 : kTooLongLine};
    return Outcome::kNeedMore;
  }
  // Step() moved at_ past the empty lines, so the entry's line starts there.
  const bool starts_in_column_1 = ClassOf(buffer_[at_]) != kBlank;
  at_ = static_cast<size_t>(cursor.p - buffer_.get());
  line_ = cursor.line;
  if (cursor.error == kCloseAlone && std::exchange(group_has_error_, false)) {
    skip_ = Skip::kLine;
    SkipLines();
    return Outcome::kSkipped;
  }
  if (cursor.outcome == Outcome::kError) {
    group_has_error_ = group_has_error_ || cursor.depth > 0;
    entry.line = cursor.error_line;
    entry.error = std::string(cursor.error);
    skip_ = cursor.depth > 0 ? Skip::kGroup : Skip::kLine;
    return Outcome::kError;
  }
  if (tokens_.empty()) return Outcome::kEnd;
  entry.line = tokens_.front().line;
  entry.starts_in_column_1 = starts_in_column_1;
  entry.tokens = tokens_;
  return Outcome::kEntry;
}

// Twice the size each time, so that a long entry is scanned a bounded number of times.
void ZoneScanner::Grow() {
  const size_t room = 2 * room_ + 1;
  std::unique_ptr<char[]> larger(new char[room + kSlackBytes]);
  std::memcpy(larger.get(), buffer_.get(), end_);
  buffer_ = std::move(larger);
  room_ = room;
}

// Makes room after the unfinished entry and reads more. False if that entry is too long.
bool ZoneScanner::Refill() {
  const size_t kept = end_ - at_;
  if (kept >= kEntryBytesMax) return false;
  if (at_ > 0) std::memmove(buffer_.get(), buffer_.get() + at_, kept);
  at_ = 0;
  end_ = kept;
  if (kept >= (room_ + 1) / 2) Grow();
  const ssize_t count = source_.Read(buffer_.get() + end_, room_ - end_);
  if (count < 0) read_error_ = errno;
  if (count <= 0) {
    at_end_of_source_ = true;
  } else {
    end_ += static_cast<size_t>(count);
    bytes_read_ += static_cast<uint64_t>(count);
    last_ = buffer_[end_ - 1];
  }
  std::memset(buffer_.get() + end_, 0, kSlackBytes);
  if (bytes_read_ == end_ && kept < 4) LookAtStart(kept);
  return true;
}

void ZoneScanner::LookAtStart(size_t kept) {
  // Some editors write a UTF-8 byte order mark, which is not part of the first name.
  if (end_ >= 3 && kept < 3 && std::memcmp(buffer_.get(), "\xef\xbb\xbf", 3) == 0) at_ = 3;
  is_utf16_ = end_ >= 4 && IsUtf16(buffer_.get());
}

// Nothing more is read.
void ZoneScanner::SkipAll() {
  at_ = end_;
  at_end_of_source_ = true;
  is_utf16_ = false;
  skip_ = Skip::kNothing;
}

// Skips the line of an error; inside parentheses, to the next line that starts in column 1.
void ZoneScanner::SkipLines() {
  const bool group = skip_ == Skip::kGroup;
  skip_ = Skip::kNothing;
  while (true) {
    const void* newline = std::memchr(buffer_.get() + at_, '\n', end_ - at_);
    at_ = newline != nullptr
              ? static_cast<size_t>(static_cast<const char*>(newline) - buffer_.get()) + 1
              : end_;
    if (newline != nullptr) ++line_;
    if (at_ == end_ && !at_end_of_source_) Refill();
    if (newline == nullptr) {
      if (at_ == end_) return;
      continue;
    }
    const CharClass first = ClassOf(buffer_[at_]);
    if (!group || at_ == end_ || first == kOrdinary || first == kEscape) return;
  }
}

}  // namespace hither
