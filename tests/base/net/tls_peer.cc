#include "tests/base/net/tls_peer.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace hither {
namespace {

constexpr long kDaySeconds = 86'400;

void AddExtension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  HITHER_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

std::string TextOf(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string copy(text, static_cast<size_t>(size));
  BIO_free(bio);
  return copy;
}

int SelectProtocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                   unsigned in_size, void* order_of_peer) {
  const auto& order = *static_cast<const TlsPeer::Order*>(order_of_peer);
  const std::string& wanted = order.protocol;
  *out = reinterpret_cast<const unsigned char*>(wanted.data());
  *size = static_cast<unsigned char>(wanted.size());
  if (wanted.empty()) return SSL_TLSEXT_ERR_NOACK;
  if (order.selects_blindly) return SSL_TLSEXT_ERR_OK;
  const std::string offered(reinterpret_cast<const char*>(in), in_size);
  const std::string entry = std::string(1, static_cast<char>(wanted.size())) + wanted;
  return offered.find(entry) == std::string::npos ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::array<uint8_t, 32> TlsIdentity::pin() const {
  unsigned char* octets = nullptr;
  const int size = i2d_PUBKEY(key.get(), &octets);
  std::array<uint8_t, 32> pin = {};
  HITHER_CHECK(EVP_Digest(octets, static_cast<size_t>(size), pin.data(), nullptr, EVP_sha256(),
                          nullptr) == 1);
  OPENSSL_free(octets);
  return pin;
}

std::string TlsIdentity::CertificateText() const {
  BIO* bio = BIO_new(BIO_s_mem());
  HITHER_CHECK(PEM_write_bio_X509(bio, certificate.get()) == 1);
  return TextOf(bio);
}

std::string TlsIdentity::KeyText() const {
  BIO* bio = BIO_new(BIO_s_mem());
  HITHER_CHECK(PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
               1);
  return TextOf(bio);
}

TlsIdentity MakeTlsIdentity(const TlsIdentityOrder& order) {
  static long serial = 0;
  TlsIdentity made{KeyPointer(EVP_EC_gen("P-256")), CertificatePointer(X509_new())};
  X509* certificate = made.certificate.get();
  HITHER_CHECK(made.key != nullptr && certificate != nullptr);
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -9 * kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), (order.is_expired ? -1 : 1) * kDaySeconds);
  X509_set_pubkey(certificate, made.key.get());
  // Never the host's name: subjectAltName alone counts.
  const std::string subject = order.is_ca ? order.name : absl::StrCat("subject ", serial);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
  if (order.is_ca) {
    AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  } else if (!order.name.empty()) {
    AddExtension(certificate, NID_subject_alt_name, absl::StrCat("DNS:", order.name));
  }
  const TlsIdentity& issuer = order.issuer == nullptr ? made : *order.issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
  HITHER_CHECK(X509_sign(certificate, issuer.key.get(), EVP_sha256()) > 0);
  return made;
}

TlsPeer::TlsPeer(FileDescriptor socket, const Order& order)
    : order_(order), socket_(std::move(socket)), context_(SSL_CTX_new(TLS_server_method())) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL.
  ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  SSL_CTX_use_certificate(context_, order.identity->certificate.get());
  SSL_CTX_use_PrivateKey(context_, order.identity->key.get());
  SSL_CTX_set_max_proto_version(context_, order.version_max);
  SSL_CTX_set_alpn_select_cb(context_, SelectProtocol, const_cast<Order*>(&order_));
  SSL_CTX_set_mode(context_, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (order.client_ca != nullptr) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), order.client_ca->certificate.get());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  session_ = SSL_new(context_);
  SSL_set_fd(session_, socket_.get());
  SSL_set_accept_state(session_);
}

TlsPeer::~TlsPeer() {
  SSL_free(session_);
  SSL_CTX_free(context_);
}

void TlsPeer::Note(int result) {
  const int error = SSL_get_error(session_, result);
  if (error == SSL_ERROR_ZERO_RETURN) has_close_notify_ = true;
  if (error == SSL_ERROR_SSL) error_ = ERR_reason_error_string(ERR_peek_error());
  if (error == SSL_ERROR_SYSCALL) error_ = "socket";
}

void TlsPeer::Turn() {
  if (!socket_ || !error_.empty()) return;
  if (!is_open_) {
    ERR_clear_error();
    const int result = SSL_do_handshake(session_);
    if (result != 1) return Note(result);
    is_open_ = true;
  }
  Read();
  Send();
}

void TlsPeer::Read() {
  char octets[4'096];
  for (int result = 1; result > 0 && !has_close_notify_;) {
    ERR_clear_error();
    result = SSL_read(session_, octets, sizeof octets);
    if (result > 0) {
      received_.append(octets, static_cast<size_t>(result));
    } else {
      Note(result);
    }
  }
}

void TlsPeer::Send() {
  while (sent_ < unsent_.size() && error_.empty()) {
    const size_t size = std::min(record_bytes_, unsent_.size() - sent_);
    ERR_clear_error();
    const int result = SSL_write(session_, unsent_.data() + sent_, static_cast<int>(size));
    if (result <= 0) return Note(result);
    sent_ += static_cast<size_t>(result);
  }
}

void TlsPeer::Write(std::string octets, size_t record_bytes) {
  unsent_ = std::move(octets);
  sent_ = 0;
  record_bytes_ = record_bytes;
}

void TlsPeer::SendCloseNotify() { (void)SSL_shutdown(session_); }

std::string TlsPeer::sni() const {
  const char* const name = SSL_get_servername(session_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

bool TlsPeer::was_resumed() const { return SSL_session_reused(session_) == 1; }

}  // namespace hither
