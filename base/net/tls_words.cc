#include "base/net/tls_words.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

std::string ReasonText(unsigned long error) {
  const char* const reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : absl::StrCat("OpenSSL's error ", error);
}

}  // namespace

std::string TlsErrorWords(absl::string_view protocol) {
  const unsigned long error = ERR_peek_error();
  if (error == 0) return "the TLS connection failed";
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    switch (ERR_GET_REASON(error)) {
      case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "it requires a client certificate; configure one";
      case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
      case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
      case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        return absl::StrCat("it refuses our client certificate (", ReasonText(error), ")");
      case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        return absl::StrCat("it does not speak ", protocol, " (ALPN); check its port");
      case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      case SSL_R_UNSUPPORTED_PROTOCOL:
      case SSL_R_VERSION_TOO_LOW:
        return "it does not speak TLS 1.3";
      case SSL_R_WRONG_VERSION_NUMBER:
      case SSL_R_BAD_RECORD_TYPE:
        return "what it sends is not TLS; check its port";
      default:
        break;
    }
  }
  return absl::StrCat("the TLS connection failed: ", ReasonText(error));
}

bool IsOwnTlsError() { return ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE; }

}  // namespace hither
