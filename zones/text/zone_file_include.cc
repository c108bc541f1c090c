// Opening files: the zone's own, and those that $INCLUDE names.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/open_to_read.h"
#include "base/path.h"
#include "zones/text/zone_file_reader.h"

namespace hither {
namespace {

// The path without symbolic links, or "" with errno set.
std::string Resolved(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : "";
}

// The path from the root folder, without "." and "..", as it is spelled; "" if it cannot be found.
std::string Written(const std::string& path) {
  std::error_code error;
  std::string written = std::filesystem::absolute(path, error).lexically_normal().string();
  while (written.size() > 1 && written.back() == '/') written.pop_back();
  return error ? "" : written;
}

bool IsBelow(const std::string& path, const std::string& folder) {
  return folder == "/" || absl::StartsWith(path, folder + "/");
}

// A small file needs no buffer for a large one; a file without a size (/proc) may be either.
size_t PieceBytes(uint64_t file_bytes) {
  return file_bytes == 0 ? ZoneScanner::kPieceBytes
                         : std::min<uint64_t>(file_bytes + 1, ZoneScanner::kPieceBytes);
}

}  // namespace

// A single open() for an existing file: there may be a million small ones.
bool ZoneFileReader::OpenFirst(const std::string& path, std::string& why) {
  if (PushFile(path, path, why)) return true;
  if (Resolved(FolderOf(path)).empty()) {
    why = absl::StrCat("cannot open its folder: ", std::strerror(errno), "; check the path");
  }
  return false;
}

// `path` is opened, findings use `shown`.
bool ZoneFileReader::PushFile(const std::string& path, const std::string& shown, std::string& why) {
  absl::StatusOr<FileDescriptor> opened = OpenToRead(path);
  if (!opened.ok()) {
    why = WhyNotOpened(opened.status());
    return false;
  }
  OpenFile file;
  file.fd = *std::move(opened);
  struct stat facts = {};
  if (fstat(file.fd.get(), &facts) != 0) {
    why = absl::StrCat("cannot be examined: ", std::strerror(errno), "; check the disk");
    return false;
  }
  if (!S_ISREG(facts.st_mode)) {
    why = "is not a regular file; give the path of a zone file";
    return false;
  }
  file.identity = {facts.st_dev, facts.st_ino};
  for (const OpenFile& outer : files_) {
    if (outer.identity != file.identity) continue;
    why = "includes itself; remove this $INCLUDE (RFC 1035 §5.1)";
    return false;
  }
  const auto bytes = static_cast<uint64_t>(facts.st_size);
  bytes_opened_ += bytes;
  if (files_.empty()) {
    file.number = 0;
  } else {
    file.number = static_cast<uint32_t>(result_.files.size());
    result_.files.push_back(shown);
    if (progress_ != nullptr) {
      progress_->bytes_included.fetch_add(bytes, std::memory_order_relaxed);
    }
  }
  file.source = std::make_unique<FileSource>(file.fd.get(), bytes);
  file.scanner = std::make_unique<ZoneScanner>(*file.source, PieceBytes(bytes));
  file.scope_after = scope_;
  files_.push_back(std::move(file));
  piece_end_ = 0;
  return true;
}

// Below the folder that the operator chose for it.
bool ZoneFileReader::OpenBelowFolder(const std::string& path, std::string& why) {
  const std::string& folder = *limits_.include_folder;
  const std::string wanted = Written(path);
  if (wanted.empty() || !IsBelow(wanted, Written(folder))) {
    why =
        absl::StrCat("is outside of ", folder, " (limits.include_folder); move the file below it");
    return false;
  }
  return PushFile(path, path, why);
}

bool ZoneFileReader::OpenBelowRoot(const std::string& path, std::string& why) {
  if (root_folder_.empty()) {
    absl::StatusOr<std::string> folder = ResolveFolder(FolderOf(result_.files[0]));
    if (!folder.ok()) {
      why = WhyNotOpened(folder.status());
      return false;
    }
    root_folder_ = *std::move(folder);
  }
  // Checks the path as written: once it is resolved, the links' owners are unknown.
  const absl::StatusOr<FileDescriptor> written = OpenToRead(path);
  if (!written.ok()) {
    why = WhyNotOpened(written.status());
    return false;
  }
  const std::string resolved = Resolved(path);
  if (resolved.empty()) {
    why =
        absl::StrCat("cannot open: ", std::strerror(errno), "; check the path and its permissions");
    return false;
  }
  if (!IsBelow(resolved, root_folder_)) {
    why = absl::StrCat("is outside of ", root_folder_,
                       ", the zone file's folder; move the file below it");
    return false;
  }
  struct stat judged;
  struct stat found;
  if (::fstat(written->get(), &judged) != 0 || ::lstat(resolved.c_str(), &found) != 0 ||
      judged.st_dev != found.st_dev || judged.st_ino != found.st_ino) {
    why = "was replaced while it was opened; load the zone again";
    return false;
  }
  return PushFile(resolved, path, why);
}

// $INCLUDE file [origin]. The file's changes to origin and owner end with it (RFC 1035 §5.1); its
// $TTL stays in effect, as in BIND: RFC 2308 §4 applies it to all following records.
void ZoneFileReader::HandleInclude(const ZoneEntry& entry) {
  if (!files_[0].fd) {
    return AddError(entry.line, "$INCLUDE in text that is not a file; write the records out");
  }
  if (entry.tokens.size() != 2 && entry.tokens.size() != 3) {
    return AddError(entry.line,
                    "$INCLUDE needs a file and optionally an origin; write $INCLUDE file [origin] "
                    "(RFC 1035 §5.1)");
  }
  if (files_.size() > limits_.include_depth_max) {
    return AddError(entry.line, absl::StrCat("$INCLUDE over ", limits_.include_depth_max,
                                             " files deep; include from fewer levels"));
  }
  if (result_.files.size() >= limits_.files_max) {
    return AddError(entry.line, absl::StrCat("$INCLUDE of more than ", limits_.files_max,
                                             " files in one zone; join some of them"));
  }
  std::string path;
  const Token& file = entry.tokens[1];
  for (size_t i = 0; i < file.size;) {
    uint8_t octet = 0;
    if (!NextOctet(file.text(), i, octet) || octet == 0) {
      return AddError(entry.line, absl::StrCat("$INCLUDE: ", Shown(file),
                                               " has a bad escape; use \\X or \\DDD"));
    }
    path += static_cast<char>(octet);
  }
  Name origin = scope_.origin;
  if (entry.tokens.size() == 3) {
    Complaint wrong = nullptr;
    uint8_t wire[kNameRoomBytes];
    const size_t size = NameFromToken(entry.tokens[2], scope_.origin, wire, wrong);
    if (size == 0) {
      return AddError(entry.line, absl::StrCat("$INCLUDE: origin ", Shown(entry.tokens[2]), " ",
                                               wrong, "; write a domain name (RFC 1035 §5.1)"));
    }
    origin = Name(NameView(ByteView(wire, size)));
  }
  if (!absl::StartsWith(path, "/")) path = absl::StrCat(FolderOf(file_name()), "/", path);
  const uint32_t line = entry.line;
  std::string why;
  const bool is_open =
      limits_.include_folder == nullptr ? OpenBelowRoot(path, why) : OpenBelowFolder(path, why);
  if (!is_open) {
    result_.files_not_opened.push_back(path);
    return AddError(line, absl::StrCat("$INCLUDE: ", Shown(path, PATH_MAX), " ", why));
  }
  scope_.origin = origin;
  owner_text_.clear();
}

}  // namespace hither
