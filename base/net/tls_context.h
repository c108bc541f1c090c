#ifndef HITHER_BASE_NET_TLS_CONTEXT_H_
#define HITHER_BASE_NET_TLS_CONTEXT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct ssl_ctx_st;
struct ssl_st;

namespace hither {

// How the server of a TLS connection proves who it is, and how we do: a plain value.
//
// A server is accepted by its key (`pins`), by its certificate (`ca_file` and `host_name`), or, if
// both are given, by both. With pins alone nothing else in its certificate counts, not even its
// dates: the operator has confirmed the key itself (RFC 7858 §4.2).
struct TlsSettings {
  using Pin = std::array<uint8_t, 32>;
  // SHA-256 of the SubjectPublicKeyInfo of the server's own certificate, not of one above it.
  std::vector<Pin> pins = {};
  std::string ca_file = {};  // PEM. Empty: no CA is relied on.
  // What its certificate must be for (a dNSName of subjectAltName), and the SNI that we send.
  std::string host_name = {};
  std::string client_certificate = {};  // PEM, with the chain. Empty: we show none.
  std::string client_key = {};          // PEM, without a passphrase; with client_certificate.
  std::string protocol = {};  // The one ALPN protocol offered, which the server must select: "dot".
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

struct SslFreer {
  void operator()(ssl_st* session) const;
};
using SslPointer = std::unique_ptr<ssl_st, SslFreer>;

// What all connections to one server share: settings, and the files that they name, read once. TLS
// 1.3 only; no session is resumed, so that each handshake authenticates the server; no early data.
//
// Ownership: shared with the sessions' users; outlives its sessions.
// Threads: any, at the same time.
class TlsContext {
 public:
  // Errors name the file and what to do. Reads files.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Make(TlsSettings settings);

  // A client's session between memory BIOs, ready for SSL_do_handshake(). Why a server is not
  // accepted goes to `refusal`, which outlives the session. Null: no memory.
  SslPointer NewSession(std::string& refusal) const;
  const TlsSettings& settings() const { return settings_; }
  // When our own certificate expires; never without one.
  absl::Time client_certificate_end() const { return client_certificate_end_; }

 private:
  struct Freer {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(TlsSettings settings) : settings_(std::move(settings)) {}
  bool SetProtocol();
  absl::Status SetTrust();
  absl::Status SetIdentity();

  const TlsSettings settings_;
  absl::Time client_certificate_end_ = absl::InfiniteFuture();
  std::unique_ptr<ssl_ctx_st, Freer> context_;
};

}  // namespace hither

#endif  // HITHER_BASE_NET_TLS_CONTEXT_H_
