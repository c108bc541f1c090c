#ifndef HITHER_ZONES_TEXT_ZONE_SCANNER_H_
#define HITHER_ZONES_TEXT_ZONE_SCANNER_H_

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hither {

// One field of a line, as written: with escapes, without its quotes. The characters are the
// scanner's, valid until the next entry is read; kSlackBytes after them are readable, with any
// content, so that names can be copied sixteen characters at a time.
struct Token {
  static constexpr size_t kSlackBytes = 16;

  const char* data = nullptr;
  uint32_t size = 0;
  uint32_t line = 0;  // Counted from 1.
  bool quoted = false;
  bool escaped = false;  // It has a backslash.
  bool glued = false;    // Nothing between the previous token and this one: key="value".

  absl::string_view text() const { return {data, size}; }
};

// The text between two ends of line outside of parentheses: a record or a directive, RFC 1035 §5.1.
// Comments, parentheses and empty lines are removed.
struct ZoneEntry {
  uint32_t line = 0;                // Of the first token; of the fault, if there is an error.
  bool starts_in_column_1 = false;  // Otherwise the owner is the last record's.
  std::span<const Token> tokens;
  std::string error;  // Empty, or why these lines cannot be read; then there are no tokens.
};

// The source of the characters. Read() returns up to `room` of them; 0 at the end, -1 on error with
// errno set.
class TextSource {
 public:
  virtual ~TextSource() = default;
  virtual ssize_t Read(char* to, size_t room) = 0;
};

// Text in memory, which must outlive the source.
class MemorySource : public TextSource {
 public:
  explicit MemorySource(absl::string_view text) : rest_(text) {}
  ssize_t Read(char* to, size_t room) override;

 private:
  absl::string_view rest_;
};

// An open file. The descriptor is the caller's to close. `bytes` is the file's size: the text ends
// there, without another read() to find the end, and text appended during the read is left for the
// next one. 0 for a file without a size (/proc): it is read to its end.
class FileSource : public TextSource {
 public:
  explicit FileSource(int fd, uint64_t bytes = 0)
      : fd_(fd), left_(bytes > 0 ? bytes : UINT64_MAX) {}
  ssize_t Read(char* to, size_t room) override;

 private:
  int fd_;
  uint64_t left_;
};

// Cuts master-file text into entries and tokens.
//
// Reads in pieces that stay in the cache, rather than by mmap(): a file that is truncated while
// it is being read must end in an error, not in SIGBUS. No allocation for a token or an entry.
//
// Most lines of a large zone are plain: fields, blanks between them, perhaps a comment. ScanPlain()
// splits those 64 characters at a time, and stops at the line as soon as it sees anything else;
// Scan() then starts over from the same position. Both give the same result.
//
// After an error it continues at the next line; after one inside parentheses, at the next line that
// starts in column 1, because the lines of a group make no sense alone. An open group can thus be
// scanned again from each of its lines: the limits below and the reader's limit on errors bound
// that. A quoted string that is closed on a later line, and the parenthesis that closes a group
// with an error, are not errors of their own.
class ZoneScanner {
 public:
  static constexpr size_t kPieceBytes = 256 * 1024;
  // 65,535 octets of RDATA in hexadecimal, one digit per token, and the fields before them.
  static constexpr size_t kEntryTokensMax = 2 * 65'535 + 16;
  static constexpr size_t kEntryBytesMax = 16 << 20;      // With comments inside parentheses.
  static constexpr size_t kQuoteLookBytesMax = 64 << 10;  // How far its end may be on other lines.

  explicit ZoneScanner(TextSource& source, size_t piece_bytes = kPieceBytes);

  bool Next(ZoneEntry& entry);  // False at the end.

  void LeavePlainLinesToScan() { plain_lines_ = false; }  // For tests: both must agree.

  int read_error() const { return read_error_; }  // An errno; 0 if all was read.
  uint64_t bytes_read() const { return bytes_read_; }
  uint32_t line() const { return line_; }  // At the end: of the last line.
  // At the end: the last line has no line feed.
  bool ends_in_line() const { return bytes_read_ > 0 && last_ != '\n'; }

 private:
  enum class Outcome { kEntry, kNeedMore, kError, kSkipped, kEnd };
  enum class Skip { kNothing, kLine, kGroup };
  struct Cursor;
  static constexpr size_t kPlainTokensMax = 64;  // A line with more is Scan()'s.

  bool ScanPlain(ZoneEntry& entry);
  bool ScanPlainLine(const char*& p, bool& starts_in_column_1, size_t& count);
  bool EndPlainLine(const char* stop, const char*& p) const;
  Outcome Scan(ZoneEntry& entry);
  bool Step(Cursor& cursor);
  bool ScanToken(Cursor& cursor);
  bool ScanQuoted(Cursor& cursor);
  bool StopAtOpenQuote(Cursor& cursor, const char* line_end);
  bool Stop(Cursor& cursor, absl::string_view error);
  bool StopAtGroup(Cursor& cursor, absl::string_view error);
  void PushToken(const Cursor& cursor, const char* from, const char* to, bool quoted, bool escaped);
  bool Refill();
  void LookAtStart(size_t kept);
  void Grow();
  void SkipLines();
  void SkipAll();

  TextSource& source_;
  // Not a vector, which would fill it first: for a small file that costs more than all its lines.
  std::unique_ptr<char[]> buffer_;
  size_t room_;     // Of buffer_, without the NULs after the text: a sentinel and a block's slack.
  size_t at_ = 0;   // The first character of the next entry.
  size_t end_ = 0;  // Where the sentinel is.
  uint32_t line_ = 1;  // Of at_.
  bool at_end_of_source_ = false;
  bool is_utf16_ = false;
  int read_error_ = 0;
  Skip skip_ = Skip::kNothing;    // What to skip after an error.
  bool group_has_error_ = false;  // Its ')' may come later.
  struct Unfinished {             // Of the entry that needs more text.
    bool in_group = false;
    const char* error = "";  // If it is too long.
  } unfinished_;
  uint64_t bytes_read_ = 0;
  char last_ = '\n';  // The last character read.
  bool plain_lines_ = true;
  std::vector<Token> tokens_;
  std::array<Token, kPlainTokensMax> plain_tokens_;
};

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_ZONE_SCANNER_H_
