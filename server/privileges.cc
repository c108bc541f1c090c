#include "server/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/file_descriptor.h"
#include "base/log.h"

namespace hither {
namespace {

struct Account {
  std::string name;
  uid_t user;
  gid_t group;
};

absl::StatusOr<Account> FindAccount(const std::string& name) {
  const passwd* found = ::getpwnam(name.empty() ? "hither" : name.c_str());
  if (found == nullptr && name.empty()) found = ::getpwnam("nobody");
  if (found != nullptr) return Account{found->pw_name, found->pw_uid, found->pw_gid};
  const bool is_default = name.empty();
  return absl::NotFoundError(absl::StrCat(
      "user: there is no user ", is_default ? "hither or nobody" : name,
      " here; create it (useradd --system ", is_default ? "hither" : name, ") or name another"));
}

absl::Status Failure(absl::string_view what, const Account& account) {
  return absl::PermissionDeniedError(
      absl::StrCat("cannot become user ", account.name, ": ", what, ": ", std::strerror(errno),
                   "; start as that user, with CAP_NET_BIND_SERVICE for port 53"));
}

// Of the calling thread. CAP_DAC_READ_SEARCH is in the first word.
bool SetCapabilities(uint32_t effective, uint32_t permitted) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{effective, permitted, 0}, {0, 0, 0}};
  return ::syscall(SYS_capset, &header, data) == 0;
}

// May we keep it? A container's root has only some of root's capabilities.
bool HasCapability(uint32_t capability) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  return ::syscall(SYS_capget, &header, data) == 0 && (data[0].permitted & capability) != 0;
}

// The loader reports missing files.
bool IsUnreadable(const char* path) {
  return ::faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0 && errno == EACCES;
}

// The first file of the configuration itself that we may not read, or "".
std::string FindUnreadableConfig(const Config& config) {
  for (const std::string& file : config.files) {
    if (IsUnreadable(file.c_str())) return file;
  }
  return "";
}

// Of all files that a reload reads, except included files and cached images, which are not known
// yet.
std::string FindUnreadable(const Config& config) {
  std::string found = FindUnreadableConfig(config);
  if (!found.empty()) return found;
  for (const ZoneSource zone : config.zones) {
    if (IsUnreadable(zone.file().data())) return std::string(zone.file());
    const absl::string_view image = zone.image();
    if (!image.empty() && IsUnreadable(image.data())) return std::string(image);
  }
  return "";
}

// Only the socket that we have bound: a user who may write in its folder may have replaced it by a
// link or another user's socket. That stays unchanged.
bool HandOverSocket(const std::string& path, const Account& account) {
  const absl::StatusOr<FilePlace> place = FindPlace(path, LastLink::kKeep);
  if (path.empty() || !place.ok()) return true;
  const FileDescriptor socket(
      ::openat(place->folder.get(), place->name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat found = {};
  if (!socket || ::fstat(socket.get(), &found) != 0) return true;
  if (!S_ISSOCK(found.st_mode) || found.st_nlink != 1 || found.st_uid != 0) return true;
  return ::fchownat(socket.get(), "", account.user, account.group, AT_EMPTY_PATH) == 0;
}

// The order matters: groups while we still may, the user last.
absl::Status Become(const Account& account) {
  if (::initgroups(account.name.c_str(), account.group) != 0) {
    return Failure("initgroups", account);
  }
  if (::setresgid(account.group, account.group, account.group) != 0) {
    return Failure("setresgid", account);
  }
  if (::setresuid(account.user, account.user, account.user) != 0) {
    return Failure("setresuid", account);
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<FileOwner> ServiceOwner(const Config& config) {
  if (::geteuid() != 0) return std::nullopt;
  const absl::StatusOr<Account> account = FindAccount(config.user);
  if (!account.ok() || account->user == 0) return std::nullopt;
  return FileOwner{account->user, account->group};
}

absl::Status CheckUser(const Config& config) {
  if (config.user.empty() && ::geteuid() != 0) return absl::OkStatus();  // None is needed.
  return FindAccount(config.user).status();
}

absl::Status DropPrivileges(const Config& config) {
  if (::geteuid() != 0) return absl::OkStatus();
  const absl::StatusOr<Account> account = FindAccount(config.user);
  if (!account.ok()) return account.status();
  if (account->user == 0) {
    Log(LogLevel::kWarning, "runs as root, as configured; another user would be safer");
    return absl::OkStatus();
  }
  const std::string& socket = config.admin.unix_path;
  if (!HandOverSocket(socket, *account)) return Failure(socket, *account);
  return BecomeUser(config);
}

absl::Status BecomeUser(const Config& config) {
  if (::geteuid() != 0) return absl::OkStatus();
  const absl::StatusOr<Account> account = FindAccount(config.user);
  if (!account.ok() || account->user == 0) return account.status();
  const bool may_keep_reading = config.user.empty() && HasCapability(1u << CAP_DAC_READ_SEARCH);
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return Failure("keepcaps", *account);
  const absl::Status become = Become(*account);
  if (!become.ok()) return become;
  const uint32_t reading = may_keep_reading ? 1u << CAP_DAC_READ_SEARCH : 0;
  if (!SetCapabilities(0, reading)) return Failure("capset", *account);
  const std::string unreadable = may_keep_reading ? FindUnreadable(config) : "";
  if (unreadable.empty()) {
    if (!SetCapabilities(0, 0)) return Failure("capset", *account);
  } else {
    if (!SetCapabilities(reading, reading)) return Failure("capset", *account);
    Log(LogLevel::kWarning, unreadable, ": user ", account->name,
        " cannot read it; hitherd keeps the right to read every file (CAP_DAC_READ_SEARCH). Let "
        "the user read the configuration and the zones, or set user:");
  }
  // Loading the zones reports those that a named user may not read.
  const std::string reload = may_keep_reading ? "" : FindUnreadableConfig(config);
  if (!reload.empty()) {
    Log(LogLevel::kWarning, reload, ": user ", account->name,
        " cannot read it, so a reload will fail; let the user read it");
  }
  // It succeeded if root cannot be regained.
  if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::geteuid() != account->user) {
    return absl::PermissionDeniedError(absl::StrCat(
        "became user ", account->name, " but could become root again; start as that user instead"));
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failure("no_new_privs", *account);
  return absl::OkStatus();
}

absl::Status AsUser(const Config& config, const std::function<absl::Status()>& check) {
  if (::geteuid() != 0) return check();
  const absl::StatusOr<Account> account = FindAccount(config.user);
  if (!account.ok()) return absl::OkStatus();  // CheckUser() reports it.
  if (account->user == 0) return check();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Failure("pipe", *account);
  const FileDescriptor from_child(ends[0]);
  FileDescriptor to_parent(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    absl::Status status = Become(*account);
    if (status.ok()) status = check();
    const std::string text(status.message().substr(0, PIPE_BUF));
    ::_exit(::write(to_parent.get(), text.data(), text.size()) < 0 ? 1 : 0);
  }
  to_parent.Reset();  // So that the read ends if the child writes nothing.
  char text[PIPE_BUF];
  const ssize_t bytes = child < 0 ? 0 : ::read(from_child.get(), text, sizeof text);
  if (child < 0) return Failure("fork", *account);
  ::waitpid(child, nullptr, 0);
  if (bytes <= 0) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "as user ", account->name, ": ", absl::string_view(text, static_cast<size_t>(bytes))));
}

absl::Status CheckReadable(const Config& config) {
  const std::string found = config.user.empty() ? "" : FindUnreadable(config);
  if (found.empty()) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat(found, ": ", std::strerror(EACCES), "; let the user read it, or name another"));
}

void DropThreadCapabilities() { SetCapabilities(0, 0); }

}  // namespace hither
