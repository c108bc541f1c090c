#include "base/net/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/net/tls_words.h"

namespace hither {
namespace {

constexpr size_t kRecordBytes = 16'384;  // RFC 8446 §5.1
constexpr size_t kReadBytes = 65'536;
constexpr int kReadsPerTurn = 4;
constexpr char kOutOfMemory[] = "OpenSSL has no memory";

}  // namespace

std::unique_ptr<TlsStream> TlsStream::Open(uv_loop_t& loop, const Order& order, Handler handler) {
  std::unique_ptr<TlsStream> self(new TlsStream(order.context, std::move(handler)));
  self->Begin(loop, order);
  return self;
}

TlsStream::TlsStream(std::shared_ptr<const TlsContext> context, Handler handler)
    : context_(std::move(context)),
      handler_(std::make_shared<Handler>(std::move(handler))),
      session_(context_->NewSession(refusal_)) {}

TlsStream::~TlsStream() { SayGoodbye(); }

void TlsStream::Begin(uv_loop_t& loop, const Order& order) {
  const absl::Duration open_timeout = order.open_timeout;
  timer_ = UvTimer(loop, [this, open_timeout] { OnTimer(open_timeout); });
  has_failed_ = session_ == nullptr;
  timer_.Start(has_failed_ ? absl::ZeroDuration() : open_timeout);
  if (has_failed_) return;
  tcp_ = TcpStream::Open(
      loop,
      {.to = order.to,
       .from = order.from,
       .open_timeout = open_timeout,
       .reads_per_turn = kReadsPerTurn},
      {.on_open =
           [this] {
             is_tcp_open_ = true;
             (void)Advance();
           },
       .on_octets = [this](ByteView octets) { OnTcpOctets(octets); },
       .on_end = [this](End end, const std::string& detail) { OnTcpEnd(end, detail); }});
}

void TlsStream::OnTimer(absl::Duration open_timeout) {
  if (has_failed_) {
    Finish(End::kOwnFault, kOutOfMemory);
    return;
  }
  Finish(End::kTimeout, absl::StrCat(is_tcp_open_ ? "no TLS handshake within " : "not open within ",
                                     absl::FormatDuration(open_timeout)));
}

void TlsStream::OnTcpOctets(ByteView octets) {
  if (has_failed_) return;  // A timer is about to end the stream.
  if (BIO_write(SSL_get_rbio(session_.get()), octets.data(), static_cast<int>(octets.size())) !=
      static_cast<int>(octets.size())) {
    has_failed_ = true;
    Finish(End::kOwnFault, kOutOfMemory);
    return;
  }
  (void)Advance();
}

void TlsStream::OnTcpEnd(End end, const std::string& detail) {
  tcp_.reset();
  if (end != End::kClosed) {
    Finish(end, detail);
  } else if (!is_open_) {
    Finish(end, absl::StrCat("during the TLS handshake: ", detail));
  } else {
    // RFC 8446 §6.1: anybody on the way can close TCP.
    Finish(end, absl::StrCat(detail, " without close_notify"));
  }
}

bool TlsStream::Advance() {
  if (!is_open_ && !Shake()) return false;
  return !is_open_ || Receive();
}

bool TlsStream::Shake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result != 1) {
    const std::optional<Ending> ending = EndingOf(SSL_get_error(session_.get(), result));
    if (ending.has_value()) return Finish(ending->end, ending->detail);
    SendRecords();
    return true;
  }
  // RFC 9103 §7.1 requires ALPN of both sides. Our Finished has not left yet.
  const uint8_t* selected = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_.get(), &selected, &size);
  const absl::string_view protocol(reinterpret_cast<const char*>(selected), size);
  const std::string& wanted = context_->settings().protocol;
  if (protocol != wanted) {
    return Finish(End::kUntrusted, absl::StrCat("it did not select the protocol ", wanted,
                                                " (ALPN); check its port and configuration"));
  }
  is_open_ = true;
  timer_.Stop();
  if (!Encrypt()) return Finish(End::kOwnFault, kOutOfMemory);
  const std::weak_ptr<const bool> alive = alive_;
  const std::shared_ptr<Handler> handler = handler_;
  if (handler->on_open) handler->on_open();
  return !alive.expired();
}

// Ends: it takes what TCP has brought, at most 64 KiB, and nothing is added.
bool TlsStream::Receive() {
  static thread_local std::array<uint8_t, kReadBytes> octets;
  std::optional<Ending> ending;
  bool has_more = true;
  while (has_more && !ending.has_value()) {
    size_t size = 0;
    while (has_more && size < octets.size()) {  // Records may be small.
      size_t got = 0;
      ERR_clear_error();
      const int result =
          SSL_read_ex(session_.get(), octets.data() + size, octets.size() - size, &got);
      size += got;
      if (result == 1) continue;
      has_more = false;
      ending = EndingOf(SSL_get_error(session_.get(), result));
    }
    if (size > 0 && !Deliver({octets.data(), size})) return false;
  }
  if (ending.has_value()) return Finish(ending->end, ending->detail);
  // A KeyUpdate may ask for ours, and may have held up what we write.
  if (!Encrypt()) return Finish(End::kOwnFault, kOutOfMemory);
  return true;
}

bool TlsStream::Deliver(ByteView octets) {
  const std::weak_ptr<const bool> alive = alive_;
  const std::shared_ptr<Handler> handler = handler_;
  handler->on_octets(octets);
  return !alive.expired();
}

std::optional<TlsStream::Ending> TlsStream::EndingOf(int ssl_error) {
  if (ssl_error == SSL_ERROR_WANT_READ) return std::nullopt;
  if (ssl_error == SSL_ERROR_ZERO_RETURN) {
    return Ending{End::kClosed, is_open_ ? "closed by the other side"
                                         : "during the TLS handshake: closed by the other side"};
  }
  has_failed_ = true;
  if (IsOwnTlsError()) return Ending{End::kOwnFault, kOutOfMemory};
  if (!refusal_.empty()) return Ending{End::kUntrusted, refusal_};
  return Ending{End::kUntrusted, TlsErrorWords(context_->settings().protocol)};
}

void TlsStream::Write(ByteView octets) {
  if (tcp_ == nullptr || has_failed_) return;
  plain_.insert(plain_.end(), octets.begin(), octets.end());
  // The loop ends the stream: a failure must not do so within this call.
  if (is_open_ && !Encrypt()) timer_.Start(absl::ZeroDuration());
}

size_t TlsStream::unsent_bytes() const {
  return plain_.size() + (tcp_ == nullptr ? 0 : tcp_->unsent_bytes());
}

bool TlsStream::Encrypt() {
  size_t done = 0;
  while (done < plain_.size() && !has_failed_) {
    const size_t size = std::min(plain_.size() - done, kRecordBytes);
    size_t taken = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(session_.get(), plain_.data() + done, size, &taken);
    if (result != 1) {
      // Half of a handshake message, such as a KeyUpdate, has come: its other half comes first.
      if (SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ) break;
      has_failed_ = true;
    }
    done += taken;
  }
  plain_.erase(plain_.begin(), plain_.begin() + static_cast<ptrdiff_t>(done));
  SendRecords();
  return !has_failed_;
}

void TlsStream::SendRecords() {
  BIO* const out = SSL_get_wbio(session_.get());
  char* octets = nullptr;
  const long size = BIO_get_mem_data(out, &octets);
  if (size <= 0) return;
  tcp_->Write({reinterpret_cast<const uint8_t*>(octets), static_cast<size_t>(size)});
  (void)BIO_reset(out);
}

// RFC 8446 §6.1: close_notify, or the alert that OpenSSL has made of its failure. Sent if TCP takes
// it immediately: a stream that is destroyed waits for nothing.
void TlsStream::SayGoodbye() {
  if (tcp_ == nullptr || !is_tcp_open_ || session_ == nullptr) return;
  ERR_clear_error();
  if (!has_failed_ && SSL_is_init_finished(session_.get()) == 1) {
    (void)SSL_shutdown(session_.get());
  }
  ERR_clear_error();
  SendRecords();
  tcp_->SendNow();
}

bool TlsStream::Finish(End end, const std::string& detail) {
  timer_.Close();
  SayGoodbye();
  tcp_.reset();
  const auto on_end = std::exchange(handler_->on_end, nullptr);
  on_end(end, detail);  // May destroy this.
  return false;
}

}  // namespace hither
