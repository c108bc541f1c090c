#ifndef HITHER_DAEMON_CONFIG_PRIMARY_LIST_H_
#define HITHER_DAEMON_CONFIG_PRIMARY_LIST_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/socket_address.h"

namespace hither {

inline constexpr uint16_t kDnsOverTlsPort = 853;  // RFC 9103 §7.3
inline constexpr size_t kPrimariesMax = 1'024;
inline constexpr size_t kPinBytes = 32;  // SHA-256
inline constexpr size_t kPinsMax = 8;    // Of a primary: the keys of now and of later.

// Transfers over TLS (RFC 9103) and how the primary proves who it is: by a pin, by a certificate of
// a CA for its host name, or by both. At least one is there.
struct PrimaryTls {
  // SHA-256 of the SubjectPublicKeyInfo of its certificate; one of them must match (RFC 7858 §4.2).
  // Empty: not pinned.
  std::vector<std::array<uint8_t, kPinBytes>> pins = {};
  std::string ca_file = {};             // PEM. Empty: no CA is relied on.
  std::string host_name = {};           // What its certificate must be for; with ca_file.
  std::string client_certificate = {};  // PEM, with the chain. Empty: we show none.
  std::string client_key = {};          // PEM; with client_certificate.
  // Which files these were when the configuration was read (StampTlsFiles()), so that other ones
  // under the same names are a change. Empty: nobody looked.
  std::string files_stamp = {};
  friend bool operator==(const PrimaryTls&, const PrimaryTls&) = default;
};

// A server that zones are transferred from: a plain value. Paths are as Config has them.
struct PrimaryConfig {
  std::string name = {};  // How zones refer to it.
  SocketAddress address = {};
  std::optional<SocketAddress> source = std::nullopt;  // Without a port. None: the system chooses.
  std::string key = {};                                // A name of `keys:`. Empty: unsigned.
  std::optional<PrimaryTls> tls = std::nullopt;        // None: in clear text, over TCP.
  // Transfers from it at one time. Once the file is read: never 0.
  uint32_t transfers_max = 0;
  friend bool operator==(const PrimaryConfig&, const PrimaryConfig&) = default;
};

// Null: there is none of this name.
const PrimaryConfig* FindPrimary(const std::vector<PrimaryConfig>& primaries,
                                 absl::string_view name);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_PRIMARY_LIST_H_
