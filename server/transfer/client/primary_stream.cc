#include "server/transfer/client/primary_stream.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/log.h"
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

std::string WarningOf(const TlsContext& context, absl::Time now) {
  // Certificates that live for days are renewed with a third of their time left.
  constexpr absl::Duration kSoon = absl::Hours(24);
  const absl::Time end = context.client_certificate_end();
  if (end - now > kSoon) return "";
  return absl::StrCat(context.settings().client_certificate, ": the certificate ",
                      end <= now ? "has expired" : "expires soon", ", ",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", end, absl::UTCTimeZone()),
                      "; renew it and reload");
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
  const std::string warning = WarningOf(**context, absl::Now());
  if (!warning.empty()) Log(LogLevel::kWarning, "primary ", primary.name, ": ", warning);
  const TlsStream::Order order{.to = primary.address,
                               .from = primary.source,
                               .context = *std::move(context),
                               .open_timeout = open_timeout};
  return [&loop, order](ByteStream::Handler handler) -> std::unique_ptr<ByteStream> {
    return TlsStream::Open(loop, order, std::move(handler));
  };
}

}  // namespace hither
