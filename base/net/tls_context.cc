#include "base/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/net/pem_file.h"

namespace hither {
namespace {

constexpr long kChainBytesMax = 65'536;  // Of the certificates that a server sends.

std::string PinText(const TlsSettings::Pin& pin) {
  return absl::StrCat("sha256/", absl::Base64Escape(absl::string_view(
                                     reinterpret_cast<const char*>(pin.data()), pin.size())));
}

// False: it has no key that can be read.
bool PinOf(X509* certificate, TlsSettings::Pin& pin) {
  unsigned char* key = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
  if (size <= 0) return false;
  const bool is_hashed =
      EVP_Digest(key, static_cast<size_t>(size), pin.data(), nullptr, EVP_sha256(), nullptr) == 1;
  OPENSSL_free(key);
  return is_hashed;
}

// "" if one of the pins matches.
std::string PinRefusal(const std::vector<TlsSettings::Pin>& pins, X509* certificate) {
  TlsSettings::Pin pin = {};
  if (certificate == nullptr || !PinOf(certificate, pin)) return "its certificate has no key";
  if (std::ranges::find(pins, pin) != pins.end()) return "";
  return absl::StrCat("its key is ", PinText(pin), ", which is not a configured pin");
}

std::string ChainRefusal(X509_STORE_CTX* chain, const std::string& host_name) {
  if (X509_verify_cert(chain) == 1) return "";
  const int error = X509_STORE_CTX_get_error(chain);
  if (error == X509_V_ERR_HOSTNAME_MISMATCH) {
    return absl::StrCat("its certificate is not for ", host_name,
                        "; subjectAltName must have this name");
  }
  return absl::StrCat("its certificate is not valid: ", X509_verify_cert_error_string(error));
}

// In place of OpenSSL's verification, which knows no pins. During the handshake, before we have
// sent anything but our ClientHello.
int VerifyServer(X509_STORE_CTX* chain, void* context) {
  const TlsSettings& settings = static_cast<const TlsContext*>(context)->settings();
  const auto* session =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  std::string& refusal = *static_cast<std::string*>(SSL_get_app_data(session));
  refusal.clear();
  if (!settings.pins.empty()) {
    refusal = PinRefusal(settings.pins, X509_STORE_CTX_get0_cert(chain));
  }
  if (refusal.empty() && !settings.ca_file.empty()) {
    refusal = ChainRefusal(chain, settings.host_name);
  }
  if (refusal.empty()) {
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
  }
  if (X509_STORE_CTX_get_error(chain) == X509_V_OK) {
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  }
  return 0;
}

absl::Time EndOf(const X509* certificate) {
  tm end = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return absl::InfiniteFuture();
  return absl::FromTM(end, absl::UTCTimeZone());
}

absl::Status Wrong(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::Status WrongFile(const std::string& path, absl::string_view why) {
  ERR_clear_error();
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
}

}  // namespace

void SslFreer::operator()(ssl_st* session) const { SSL_free(session); }
void TlsContext::Freer::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Make(TlsSettings settings) {
  if (settings.pins.empty() && settings.ca_file.empty()) {
    return Wrong("nothing says who the server is; give a pin, or a CA file and a host name");
  }
  if (settings.ca_file.empty() != settings.host_name.empty()) {
    return Wrong("a CA file without a host name, or the reverse; give both");
  }
  if (settings.protocol.empty() || settings.protocol.size() > 255) {
    return Wrong("the ALPN protocol has no name, or one of over 255 octets; give one");
  }
  const std::shared_ptr<TlsContext> self(new TlsContext(std::move(settings)));
  self->context_.reset(SSL_CTX_new(TLS_client_method()));
  if (self->context_ == nullptr || !self->SetProtocol()) {
    ERR_clear_error();
    return absl::ResourceExhaustedError("OpenSSL cannot make a TLS 1.3 client");
  }
  if (absl::Status set = self->SetTrust(); !set.ok()) return set;
  if (absl::Status set = self->SetIdentity(); !set.ok()) return set;
  return self;
}

bool TlsContext::SetProtocol() {
  SSL_CTX* context = context_.get();
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kChainBytesMax);
  // What waits to be encrypted may move in memory.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const std::string offer = absl::StrCat(
      std::string(1, static_cast<char>(settings_.protocol.size())), settings_.protocol);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&  // RFC 9103 §7.2
         SSL_CTX_set_alpn_protos(context, reinterpret_cast<const uint8_t*>(offer.data()),
                                 static_cast<unsigned>(offer.size())) == 0;
}

absl::Status TlsContext::SetTrust() {
  SSL_CTX* context = context_.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, VerifyServer, this);
  if (settings_.ca_file.empty()) return absl::OkStatus();
  const auto certificates = ReadCertificates(settings_.ca_file);
  if (!certificates.ok()) return certificates.status();
  for (const CertificatePointer& certificate : *certificates) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1) {
      return WrongFile(settings_.ca_file, "OpenSSL refuses a certificate of it; write it again");
    }
  }
  // RFC 9525 §2: only subjectAltName has names of servers. §6.3: "*" is a whole label.
  X509_VERIFY_PARAM* wanted = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(wanted, settings_.host_name.data(), settings_.host_name.size()) ==
      1) {
    return absl::OkStatus();
  }
  ERR_clear_error();
  return Wrong(absl::StrCat("'", settings_.host_name, "' is not a host name"));
}

absl::Status TlsContext::SetIdentity() {
  if (settings_.client_certificate.empty() != settings_.client_key.empty()) {
    return Wrong("a client's certificate without its key, or the reverse; give both");
  }
  if (settings_.client_certificate.empty()) return absl::OkStatus();
  const auto chain = ReadCertificates(settings_.client_certificate);
  if (!chain.ok()) return chain.status();
  client_certificate_end_ = EndOf(chain->front().get());
  const auto key = ReadPrivateKey(settings_.client_key);
  if (!key.ok()) return key.status();
  SSL_CTX* context = context_.get();
  bool is_set = SSL_CTX_use_certificate(context, chain->front().get()) == 1;
  for (size_t i = 1; i < chain->size(); ++i) {
    is_set = is_set && SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1;
  }
  if (!is_set) {
    return WrongFile(settings_.client_certificate,
                     "OpenSSL refuses this certificate; its key may be too short");
  }
  if (SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
    return WrongFile(settings_.client_key,
                     absl::StrCat("this is not the key of ", settings_.client_certificate,
                                  "; give the one that belongs to it"));
  }
  return absl::OkStatus();
}

SslPointer TlsContext::NewSession(std::string& refusal) const {
  SslPointer session(SSL_new(context_.get()));
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (session == nullptr || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    return nullptr;
  }
  SSL_set_bio(session.get(), in, out);  // Owns both from here on.
  SSL_set_app_data(session.get(), &refusal);
  SSL_set_connect_state(session.get());
  if (!settings_.host_name.empty() &&
      SSL_set_tlsext_host_name(session.get(), settings_.host_name.c_str()) != 1) {
    return nullptr;
  }
  return session;
}

}  // namespace hither
