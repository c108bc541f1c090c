#ifndef HITHER_BASE_NET_TLS_WORDS_H_
#define HITHER_BASE_NET_TLS_WORDS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hither {

// OpenSSL's first queued error of this thread, for the operator; `protocol` is what we offer by
// ALPN. To be read after "primary hidden1: ".
// Call it immediately, since other calls of OpenSSL change the queue.
std::string TlsErrorWords(absl::string_view protocol);

// Is it for want of memory, and not the other side's fault?
bool IsOwnTlsError();

}  // namespace hither

#endif  // HITHER_BASE_NET_TLS_WORDS_H_
