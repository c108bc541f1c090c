#include "zones/load/image_trust.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/file_place.h"
#include "base/path.h"

namespace hither {
namespace {

constexpr char kMakeIt[] = "; make it a folder that the server's user can write in";
constexpr absl::string_view kUnknown = "it is unknown who can write it";
constexpr absl::string_view kAnybodysFolder =
    "anyone can write in its folder, so the image may be forged; move it to another, or remove "
    "that permission (chmod o-w)";

bool IsOurs(const struct stat& facts) { return facts.st_uid == 0 || facts.st_uid == ::geteuid(); }

bool IsFolderAnybodys(const struct stat& folder) { return (folder.st_mode & S_IWOTH) != 0; }

// Do all who may write `image` have the right to write `text`?
bool HasNoMoreWriters(const struct stat& image, const struct stat& text) {
  if (text.st_mode & S_IWOTH) return true;
  if (image.st_mode & S_IWOTH) return false;
  const bool is_groups = (image.st_mode & S_IWGRP) != 0;
  return !is_groups || ((text.st_mode & S_IWGRP) != 0 && image.st_gid == text.st_gid);
}

}  // namespace

absl::StatusOr<ImageFolder> ImageFolder::Open(const std::string& path) {
  FileDescriptor folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return absl::UnavailableError(absl::StrCat(std::strerror(errno), kMakeIt));
  if (!IsOursAlone(folder.get())) {
    return absl::PermissionDeniedError(
        "others can write in it and so choose what is served; let only the server's user own it "
        "and write in it (chown, chmod go-w)");
  }
  return ImageFolder(std::move(folder), path);
}

absl::Status ImageFolder::CheckWritable() const {
  if (::faccessat(folder_.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(absl::StrCat(std::strerror(errno), kMakeIt));
}

FileDescriptor ImageFolder::OpenFile(const std::string& name) const {
  return FileDescriptor(::openat(folder_.get(), name.c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

absl::string_view WhyNotOurs(int image) {
  struct stat facts;
  if (::fstat(image, &facts) != 0) return kUnknown;
  if (IsOurs(facts) && (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0) return "";
  return "someone other than the server's user may have written it; remove it";
}

absl::string_view WhyNotAsTrustedAs(const std::string& text, int image, const std::string& path) {
  struct stat of_image;
  struct stat of_text = {};
  struct stat folder;
  struct stat text_folder = {};
  if (::fstat(image, &of_image) != 0 || ::stat(FolderOf(path).c_str(), &folder) != 0 ||
      ::stat(FolderOf(text).c_str(), &text_folder) != 0 || ::stat(text.c_str(), &of_text) != 0) {
    return kUnknown;
  }
  if (!IsOurs(of_image) && of_image.st_uid != of_text.st_uid) {
    return "the image belongs to another user than the zone file; compile it as that user, or "
           "chown "
           "it";
  }
  if (!HasNoMoreWriters(of_image, of_text)) {
    return "some who cannot write the zone file can write the image; remove that permission (chmod "
           "go-w)";
  }
  const bool is_same = folder.st_dev == text_folder.st_dev && folder.st_ino == text_folder.st_ino;
  return IsFolderAnybodys(folder) && !is_same ? kAnybodysFolder : "";
}

absl::string_view WhyNotTrustedAlone(int image, const std::string& path) {
  struct stat facts;
  struct stat folder;
  if (::fstat(image, &facts) != 0 || ::stat(FolderOf(path).c_str(), &folder) != 0) return kUnknown;
  if (facts.st_mode & S_IWOTH) {
    return "anyone can write the image; remove that permission (chmod o-w) and compile it again";
  }
  return IsFolderAnybodys(folder) ? kAnybodysFolder : "";
}

}  // namespace hither
