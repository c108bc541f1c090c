#ifndef HITHER_DAEMON_CONFIG_SHARED_KEYS_H_
#define HITHER_DAEMON_CONFIG_SHARED_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dns/tsig/tsig_key.h"

namespace hither {

struct Config;

inline constexpr size_t kSharedKeysMax = 10'000;
inline constexpr size_t kSecretBytesMin = 8;
inline constexpr size_t kSecretBytesMax = 512;

// An entry of `keys:`: a TSIG key that this server shares with others (RFC 8945).
struct SharedKey {
  TsigKey key = {};              // Without its secret until LoadSecrets(), if that is in a file.
  std::string secret_file = {};  // One line, in Base64. Empty: the secret is in the configuration.
  uint32_t line = 0;             // Of the configuration file.

  friend bool operator==(const SharedKey&, const SharedKey&) = default;
};

// Reads the files of the keys' secrets: only in programs that use the keys, since others may not be
// allowed to. Adds them to config.files, so that they are watched and stay readable like the rest
// of the configuration. Errors and warnings name `file`, the configuration, and the entry's line.
//
// A file that users other than its owner and its group may read, or others than its owner may
// write, is an error, and so is one that is neither root's nor the server's user's. A configuration
// with secrets that such users may read is a warning, and so is a secret shorter than its MACs.
absl::Status LoadSecrets(const std::string& file, Config& config,
                         std::vector<std::string>& warnings);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_SHARED_KEYS_H_
