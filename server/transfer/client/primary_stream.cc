#include "server/transfer/client/primary_stream.h"

#include <memory>
#include <utility>

#include "base/net/tcp_stream.h"
#include "base/net/tls_stream.h"

namespace hither {

TlsSettings TlsSettingsOf(const PrimaryTls& tls) {
  return {.pins = tls.pins,
          .ca_file = tls.ca_file,
          .host_name = tls.host_name,
          .client_certificate = tls.client_certificate,
          .client_key = tls.client_key,
          .protocol = kDnsOverTlsProtocol};
}

absl::StatusOr<PrimaryConnection::Opener> MakePrimaryOpener(uv_loop_t& loop,
                                                            const PrimaryConfig& primary,
                                                            absl::Duration open_timeout) {
  if (!primary.tls.has_value()) {
    const TcpStream::Order order{
        .to = primary.address, .from = primary.source, .open_timeout = open_timeout};
    return [&loop, order](ByteStream::Handler handler) -> std::unique_ptr<ByteStream> {
      return TcpStream::Open(loop, order, std::move(handler));
    };
  }
  auto context = TlsContext::Make(TlsSettingsOf(*primary.tls));
  if (!context.ok()) return context.status();
  const TlsStream::Order order{.to = primary.address,
                               .from = primary.source,
                               .context = *std::move(context),
                               .open_timeout = open_timeout};
  return [&loop, order](ByteStream::Handler handler) -> std::unique_ptr<ByteStream> {
    return TlsStream::Open(loop, order, std::move(handler));
  };
}

}  // namespace hither
