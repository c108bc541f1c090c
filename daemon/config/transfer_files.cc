#include "daemon/config/transfer_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

constexpr uint64_t kPemBytesMax = 4u << 20;  // The CAs of a system are about 200 KB.

enum class Pem : uint8_t { kCertificate, kPrivateKey };

// "" if the file is as it should be.
std::string PemError(const std::string& path, absl::string_view what, Pem kind) {
  const absl::StatusOr<std::string> text = ReadTextFile(path, what, kPemBytesMax);
  if (!text.ok()) return std::string(text.status().message());
  const bool is_key = kind == Pem::kPrivateKey;
  if (!absl::StrContains(*text, is_key ? "PRIVATE KEY-----" : "-----BEGIN CERTIFICATE-----")) {
    return absl::StrCat(path, ": no ", is_key ? "private key" : "certificate",
                        " in PEM form; write it with openssl");
  }
  struct stat facts;
  if (is_key && ::stat(path.c_str(), &facts) == 0 && (facts.st_mode & S_IRWXO) != 0) {
    return absl::StrCat(path, ": every user has access to this key; run chmod o= on it");
  }
  return "";
}

void CheckTls(const PrimaryConfig& primary, std::vector<std::string>& errors) {
  const PrimaryTls& tls = *primary.tls;
  const auto check = [&](const std::string& path, absl::string_view what, Pem kind) {
    const std::string error = path.empty() ? "" : PemError(path, what, kind);
    if (!error.empty()) errors.push_back(absl::StrCat("primary ", primary.name, ": ", error));
  };
  check(tls.ca_file, "the CA's certificate", Pem::kCertificate);
  check(tls.client_certificate, "the client's certificate", Pem::kCertificate);
  check(tls.client_key, "the client's key", Pem::kPrivateKey);
}

void CheckStateFolder(const Config& config, std::vector<std::string>& errors) {
  const bool is_needed = std::ranges::any_of(
      config.zones, [](ZoneSource zone) { return zone.kind() == ZoneSource::Kind::kPrimaries; });
  if (!is_needed) return;
  const std::string& path = config.state_dir;
  const auto refuse = [&](absl::string_view what) {
    errors.push_back(absl::StrCat("state_dir: ", path, ": ", what));
  };
  struct stat facts;
  if (::stat(path.c_str(), &facts) != 0) {
    if (errno != ENOENT) refuse(absl::StrCat(std::strerror(errno), "; check path and permissions"));
    return;
  }
  if (!S_ISDIR(facts.st_mode)) return refuse("it is not a folder; name one");
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    refuse(absl::StrCat("cannot write there: ", std::strerror(errno),
                        "; give it to the server's user"));
  }
}

}  // namespace

void StampTlsFiles(Config& config) {
  for (PrimaryConfig& primary : config.primaries) {
    if (!primary.tls.has_value()) continue;
    PrimaryTls& tls = *primary.tls;
    tls.files_stamp.clear();
    for (const std::string* path : {&tls.ca_file, &tls.client_certificate, &tls.client_key}) {
      if (path->empty()) continue;
      // With links followed: an exchanged link is another file. The change time shows a new mode,
      // too, which may make a file readable.
      struct stat facts = {};
      if (::stat(path->c_str(), &facts) != 0) facts = {};
      absl::StrAppend(&tls.files_stamp, facts.st_dev, ":", facts.st_ino, ":", facts.st_size, ":",
                      facts.st_ctim.tv_sec, ".", facts.st_ctim.tv_nsec, " ");
      config.files.push_back(*path);
    }
  }
}

absl::Status CheckTransferFiles(const Config& config) {
  std::vector<std::string> errors;
  for (const PrimaryConfig& primary : config.primaries) {
    if (primary.tls.has_value()) CheckTls(primary, errors);
  }
  CheckStateFolder(config, errors);
  if (errors.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrJoin(errors, "\n"));
}

}  // namespace hither
