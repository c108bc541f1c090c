#ifndef HITHER_TESTS_BASE_NET_TLS_PEER_H_
#define HITHER_TESTS_BASE_NET_TLS_PEER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file_descriptor.h"
#include "base/net/pem_file.h"

struct ssl_ctx_st;
struct ssl_st;

namespace hither {

// A key and its certificate, made by the test.
struct TlsIdentity {
  KeyPointer key;
  CertificatePointer certificate;

  std::array<uint8_t, 32> pin() const;
  std::string CertificateText() const;  // PEM
  std::string KeyText() const;          // PEM
};

struct TlsIdentityOrder {
  std::string name = "primary.example";  // In subjectAltName; a CA's: in the subject.
  const TlsIdentity* issuer = nullptr;   // Null: itself.
  bool is_ca = false;
  bool is_expired = false;
};
TlsIdentity MakeTlsIdentity(const TlsIdentityOrder& order);

// The server's side of one connection, over a non-blocking socket, driven by the test.
class TlsPeer {
 public:
  struct Order {
    const TlsIdentity* identity = nullptr;
    std::string protocol = "dot";            // Selected if offered. Empty: none is selected.
    bool selects_blindly = false;            // ... even if it is not offered.
    int version_max = 0;                     // 0: all that OpenSSL has.
    const TlsIdentity* client_ca = nullptr;  // Requires a certificate of it.
  };
  TlsPeer(FileDescriptor socket, const Order& order);
  ~TlsPeer();

  // Goes on with the handshake, reads and writes what it can.
  void Turn();
  void Write(std::string octets, size_t record_bytes);
  void SendCloseNotify();
  void CloseSocket() { socket_.Reset(); }

  bool is_open() const { return is_open_; }
  bool has_written_all() const { return sent_ == unsent_.size(); }
  const std::string& received() const { return received_; }
  const std::string& error() const { return error_; }
  bool has_close_notify() const { return has_close_notify_; }
  std::string sni() const;
  bool was_resumed() const;

 private:
  void Read();
  void Send();
  void Note(int result);

  const Order order_;
  FileDescriptor socket_;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* session_ = nullptr;
  std::string unsent_;
  size_t sent_ = 0;
  size_t record_bytes_ = 16'384;
  std::string received_;
  std::string error_;
  bool is_open_ = false;
  bool has_close_notify_ = false;
};

}  // namespace hither

#endif  // HITHER_TESTS_BASE_NET_TLS_PEER_H_
