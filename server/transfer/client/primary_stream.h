#ifndef HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_STREAM_H_
#define HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_STREAM_H_

#include <uv.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/net/tls_context.h"
#include "daemon/config/primary_list.h"
#include "server/transfer/client/primary_connection.h"

namespace hither {

// RFC 7858 §3.1 and RFC 9103 §7.1: the name of DNS over TLS in ALPN.
inline constexpr char kDnsOverTlsProtocol[] = "dot";

TlsSettings TlsSettingsOf(const PrimaryTls& tls);

// What the operator should know of a context that can be used: our certificate has expired or
// expires soon. "": nothing.
std::string WarningOf(const TlsContext& context, absl::Time now);

// Opens connections to a primary, as its configuration says: over TCP, or over TLS and never
// without it. The files of its certificates are read here, once: to have changed ones read, make
// another opener. Errors name the file and what to do.
//
// Threads: calls of the opener are those of the loop. `open_timeout`: of TCP and TLS together.
absl::StatusOr<PrimaryConnection::Opener> MakePrimaryOpener(uv_loop_t& loop,
                                                            const PrimaryConfig& primary,
                                                            absl::Duration open_timeout);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_STREAM_H_
