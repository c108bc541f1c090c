#include "anycast/host_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "anycast/state/state_file.h"
#include "base/make_folder.h"

namespace hither {
namespace {

// A name without a slash is looked up in the PATH of the sidecar, which may differ from ours.
void CheckCommand(absl::string_view key, const std::vector<std::string>& command,
                  std::vector<std::string>& warnings) {
  if (command.empty() || command[0].find('/') == std::string::npos) return;
  if (access(command[0].c_str(), X_OK) == 0) return;
  warnings.push_back(absl::StrCat("anycast: ", key, ": ", command[0], " cannot be run: ",
                                  std::strerror(errno), "; correct its path, or install it"));
}

// The folder is made at the start, in the nearest one that exists.
absl::Status CheckFolderOf(absl::string_view what, const std::string& path) {
  std::string folder = FolderOfFile(path);
  struct stat facts = {};
  while (stat(folder.c_str(), &facts) != 0) {
    if (errno == EACCES) return absl::OkStatus();
    const std::string parent = FolderOfFile(folder);
    if (parent == folder) return absl::OkStatus();
    folder = parent;
  }
  if (S_ISDIR(facts.st_mode)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(what, " ", path, ": ", folder,
                                                    " is no folder; correct the path, or set it "
                                                    "to none"));
}

}  // namespace

std::vector<std::string> HostWarnings(const AnycastConfig& config) {
  std::vector<std::string> warnings;
  if (config.exec.has_value()) {
    CheckCommand("exec: up", config.exec->up, warnings);
    CheckCommand("exec: soft", config.exec->soft, warnings);
    CheckCommand("exec: drain", config.exec->drain, warnings);
    CheckCommand("exec: down", config.exec->down, warnings);
  }
  for (const AnycastConfig::Service& service : config.services) {
    for (const AnycastConfig::ExecCheck& check : service.checks) {
      CheckCommand(absl::StrCat("service ", service.name, ": check ", check.name), check.command,
                   warnings);
    }
  }
  CheckCommand("readback: frr", config.readback.frr_command, warnings);
  return warnings;
}

absl::Status CheckStateFiles(const AnycastConfig& config) {
  struct stat facts = {};
  if (const std::string& state = config.state_file; !state.empty()) {
    if (auto folder = CheckFolderOf("state file", state); !folder.ok()) return folder;
    if (stat(state.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) {
      return absl::FailedPreconditionError(
          absl::StrCat("state file ", state, ": it is a folder; name a file in it"));
    }
    const bool is_ours_to_read = access(state.c_str(), R_OK) == 0;
    if (is_ours_to_read) {
      if (auto kept = LoadState(state); !kept.ok()) return kept.status();
    }
  }
  const std::string& journal = config.journal_file;
  if (journal.empty()) return absl::OkStatus();
  if (auto folder = CheckFolderOf("journal", journal); !folder.ok()) return folder;
  if (stat(journal.c_str(), &facts) != 0 || S_ISREG(facts.st_mode)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("journal ", journal, ": it is not a regular file; name one"));
}

}  // namespace hither
