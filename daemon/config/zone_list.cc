#include "daemon/config/zone_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/file_descriptor.h"
#include "dns/name_hash.h"

namespace hither {
namespace {

constexpr size_t kPieceBytes = 256u << 10;
static_assert(kPieceBytes > 2 * kZoneListLineBytesMax);

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Foreign text in an error, limited in length.
std::string QuotedName(absl::string_view text) {
  constexpr size_t kShownBytesMax = 60;
  if (text.size() <= kShownBytesMax) return absl::StrCat("'", text, "'");
  return absl::StrCat("'", text.substr(0, kShownBytesMax), "...'");
}

// Takes the fields of one line from its front.
class LineReader {
 public:
  explicit LineReader(absl::string_view line) : rest_(line) { SkipBlanks(); }

  // Only a comment is left.
  bool IsAtEnd() const { return rest_.empty() || rest_.front() == '#'; }
  absl::string_view rest() const { return rest_; }

  absl::string_view Plain() {
    size_t end = 0;
    while (end < rest_.size() && !IsBlank(rest_[end])) ++end;
    const absl::string_view field = rest_.substr(0, end);
    rest_.remove_prefix(end);
    SkipBlanks();
    return field;
  }

  // False: the quote has no end, or is not followed by a blank. `scratch` holds what had escapes.
  bool PlainOrQuoted(std::string& scratch, absl::string_view& field) {
    if (rest_.front() != '"') {
      field = Plain();
      return true;
    }
    scratch.clear();
    for (size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        rest_.remove_prefix(at + 1);
        if (!rest_.empty() && !IsBlank(rest_.front())) return false;
        SkipBlanks();
        field = scratch;
        return true;
      }
      if (rest_[at] == '\\' && ++at == rest_.size()) break;
      scratch.push_back(rest_[at]);
    }
    return false;
  }

 private:
  void SkipBlanks() {
    size_t blanks = 0;
    while (blanks < rest_.size() && IsBlank(rest_[blanks])) ++blanks;
    rest_.remove_prefix(blanks);
  }

  absl::string_view rest_;
};

// False: the sink wants no more.
bool ReadLine(absl::string_view text, uint32_t line, ZoneListSink& sink, std::string& scratch) {
  const auto fail = [&](absl::string_view what) {
    sink.OnError(line, what);
    return true;
  };
  LineReader reader(text);
  if (reader.IsAtEnd()) return true;
  if (text.size() > kZoneListLineBytesMax) {
    return fail(absl::StrCat("the line has over ", kZoneListLineBytesMax, " octets; shorten it"));
  }
  if (text.find('\0') != absl::string_view::npos) {
    return fail("the line has a zero octet; remove it");
  }
  const absl::string_view name_text = reader.Plain();
  if (name_text.front() == '"') {  // It would be part of the name, which no operator intends.
    return fail(absl::StrCat(
        "zone name ", QuotedName(name_text),
        " begins with a quote; write names without quotes, and a blank in them as \\032 "
        "(RFC 1035 §5.1)"));
  }
  const absl::StatusOr<Name> name = Name::FromText(name_text);
  if (!name.ok()) {
    return fail(absl::StrCat("zone name ", QuotedName(name_text), ": ", name.status().message()));
  }
  if (reader.IsAtEnd()) {
    return fail(absl::StrCat("zone ", QuotedName(name_text),
                             " without a file; write it after the name and a blank"));
  }
  absl::string_view file;
  if (!reader.PlainOrQuoted(scratch, file)) {
    return fail(
        "the quoted path has no end; write \"path\", and in it \\\" and \\\\ for \" and \\");
  }
  if (file.empty()) return fail("the path is empty; name a zone file");
  if (!reader.IsAtEnd()) {
    return fail(absl::StrCat(QuotedName(reader.rest()),
                             " after the path; put a path with blanks in double quotes"));
  }
  return sink.OnZone(line, *name, file);
}

absl::Status Unreadable(const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": cannot read the list of zones: ", why));
}

ssize_t Read(const FileDescriptor& file, char* to, size_t bytes) {
  ssize_t got = 0;
  do {
    got = read(file.get(), to, bytes);
  } while (got < 0 && errno == EINTR);
  return got;
}

// Piece by piece: a list of a million zones needs no more memory than this.
absl::Status ReadPieces(const std::string& path, const FileDescriptor& file, ZoneListSink& sink) {
  const std::unique_ptr<char[]> piece(new char[kPieceBytes]);
  size_t held = 0;
  uint64_t bytes = 0;
  uint32_t line = 1;
  for (;;) {
    const ssize_t got = Read(file, piece.get() + held, kPieceBytes - held);
    if (got < 0) return Unreadable(path, std::strerror(errno));
    bytes += static_cast<uint64_t>(got);
    if (bytes > kZoneListBytesMax) {
      return Unreadable(path, absl::StrCat("it has over ", kZoneListBytesMax, " octets; split it"));
    }
    held += static_cast<size_t>(got);
    const absl::string_view text(piece.get(), held);
    const size_t last = text.rfind('\n');
    if (got == 0 || last != absl::string_view::npos) {
      const size_t whole = got == 0 ? held : last + 1;
      line = ReadZoneListLines(text.substr(0, whole), line, sink);
      if (got == 0 || line == 0) return absl::OkStatus();
      held -= whole;
      std::memmove(piece.get(), piece.get() + whole, held);
    }
    if (held == kPieceBytes) {
      return Unreadable(path, absl::StrCat("line ", line, " has over ", kPieceBytes,
                                           " octets; is this a list of zones?"));
    }
  }
}

}  // namespace

absl::Status ReadZoneListFile(const std::string& path, ZoneListSink& sink) {
  const FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // A FIFO would wait.
  struct stat facts;
  if (!file || fstat(file.get(), &facts) != 0) {
    return Unreadable(path, absl::StrCat(std::strerror(errno), "; check path and permissions"));
  }
  if (!S_ISREG(facts.st_mode)) return Unreadable(path, "it is not a regular file; name one");
  return ReadPieces(path, file, sink);
}

uint32_t ReadZoneListLines(absl::string_view text, uint32_t first_line, ZoneListSink& sink) {
  constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";  // Some editors' mark for UTF-8.
  std::string scratch;
  uint32_t line = first_line;
  if (line == 1) absl::ConsumePrefix(&text, kByteOrderMark);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (!ReadLine(text.substr(0, end), line, sink, scratch)) return 0;
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
  }
  return line;
}

void ZoneCollector::EnterFile(absl::string_view file, absl::string_view folder, Line line) {
  parts_.push_back({to_.size(), std::string(file), std::string(folder), line});
}

std::string ZoneCollector::PlaceOf(size_t zone) const {
  const auto later =
      std::upper_bound(parts_.begin(), parts_.end(), zone,
                       [](size_t number, const Part& part) { return number < part.first; });
  const Part& part = *std::prev(later);
  const std::string own =
      part.line == Line::kIsAFolder ? absl::StrCat("as ", to_[zone].file(), " ") : "";
  if (part.file == parts_.back().file) return absl::StrCat(own, "on line ", lines_[zone]);
  return absl::StrCat(own, "in ", part.file, ":", lines_[zone]);
}

// What goes before a path; nothing before an absolute one.
absl::string_view ZoneCollector::FolderOf(absl::string_view path) const {
  const bool relative = !path.empty() && path[0] != '/';
  return relative ? absl::string_view(parts_.back().folder) : absl::string_view();
}

absl::Status ZoneCollector::Add(uint32_t line, NameView name, absl::string_view path,
                                ZoneSource::Kind kind, absl::string_view image) {
  HITHER_CHECK(!parts_.empty());
  if (to_.size() == kZonesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("over ", kZonesMax, " zones; move some to another server"));
  }
  for (const absl::string_view one : {path, image}) {
    if (FolderOf(one).size() + 1 + one.size() > kPathBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("path ", QuotedName(one), " is too long; Linux ", "opens paths of up to ",
                       kPathBytesMax, " octets"));
    }
  }
  const uint64_t hash = HashName(name);
  const uint32_t same =
      names_.Find(hash, [&](uint32_t at) { return to_[at].name().EqualsIgnoreCase(name); });
  if (same != NameTable::kNone) {
    return absl::InvalidArgumentError(absl::StrCat(
        "zone ", to_[same].name().ToText(), " is repeated, first ", PlaceOf(same), "; keep one"));
  }
  names_.Append(hash, static_cast<uint32_t>(to_.size()),
                [this](uint32_t at) { return HashName(to_[at].name()); });
  to_.Add(name, path, kind, FolderOf(path), image, FolderOf(image));
  lines_.push_back(line);
  return absl::OkStatus();
}

}  // namespace hither
