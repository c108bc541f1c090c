#include "tests/server/transfer/client/fake_primary.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "server/transfer/record_cursor.h"
#include "server/transfer/soa_fields.h"
#include "tests/server/transfer/transfer_texts.h"

namespace hither {

TransferQuery ReadTestQuery(ByteView message) {
  TransferQuery query{.has_edns = false};
  RecordCursor cursor(message);
  query.id = cursor.id();
  WireQuestion question;
  HITHER_CHECK(cursor.NextQuestion(question));
  query.zone = Name(question.name);
  query.type = question.type;
  WireRecord record;
  while (cursor.Next(record)) {
    if (record.type == RrType::kSoa) query.serial = ReadSoa(record.rdata).value().serial;
    if (record.type == RrType::kOpt) query.has_edns = true;
  }
  HITHER_CHECK(cursor.AtEnd());
  return query;
}

std::string QueryToText(const TransferQuery& query) {
  std::string text = TypeToText(query.type);
  if (query.type == RrType::kIxfr) absl::StrAppend(&text, " ", query.serial);
  return absl::StrCat(text, query.has_edns ? "" : "-");
}

Bytes WithLength(ByteView message) {
  Bytes framed(2);
  StoreU16(framed.data(), static_cast<uint16_t>(message.size()));
  framed.insert(framed.end(), message.begin(), message.end());
  return framed;
}

FakePrimary::FakePrimary(uv_loop_t& loop, Script its_script)
    : script(std::move(its_script)), loop_(loop) {
  listener_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage bound = {};
  reinterpret_cast<sockaddr_in&>(bound).sin_family = AF_INET;
  reinterpret_cast<sockaddr_in&>(bound).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(sockaddr_in);
  HITHER_CHECK(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&bound), size) == 0);
  HITHER_CHECK(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
  HITHER_CHECK(::listen(listener_.get(), 16) == 0);
  address_ = SocketAddress::FromSystem(bound);
  HITHER_CHECK(poll_.Open(loop, listener_.get(), [this](int, int) { Accept(); }) == 0);
  poll_.Start(UV_READABLE);
}

void FakePrimary::StopListening() {
  poll_.Close();
  listener_.Reset();
}

void FakePrimary::Accept() {
  FileDescriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) return;
  peers_.emplace_back(*this, std::move(fd), ++accepted);
}

FakePrimary::Peer::Peer(FakePrimary& primary, FileDescriptor fd, size_t number)
    : primary_(primary), fd_(std::move(fd)), number_(number) {
  HITHER_CHECK(poll_.Open(primary.loop_, fd_.get(), [this](int, int) { OnReadable(); }) == 0);
  poll_.Start(UV_READABLE);
}

// The client is on the same thread and cannot read meanwhile: what does not fit is dropped.
void FakePrimary::Peer::SendRaw(ByteView octets) {
  ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void FakePrimary::Peer::Reply(const TransferQuery& query, absl::string_view text) {
  Send(ReplyFromText(query, text));
}

void FakePrimary::Peer::OnReadable() {
  std::array<uint8_t, 65'536> octets;
  const ssize_t got = ::recv(fd_.get(), octets.data(), octets.size(), MSG_DONTWAIT);
  if (got < 0) return;
  received_.insert(received_.end(), octets.begin(), octets.begin() + got);
  while (received_.size() >= 2 && !is_closing_) {
    const size_t size = LoadU16(received_.data());
    if (received_.size() < 2 + size) break;
    const auto begin = received_.begin() + 2;
    const Bytes message(begin, begin + static_cast<ptrdiff_t>(size));
    received_.erase(received_.begin(), begin + static_cast<ptrdiff_t>(size));
    const TransferQuery query = ReadTestQuery(message);
    primary_.log.push_back(absl::StrCat(number_, " ", QueryToText(query)));
    primary_.script(*this, query, message);
  }
  if (got == 0 || is_closing_) {
    primary_.peers_.remove_if([this](const Peer& peer) { return &peer == this; });
  }
}

}  // namespace hither
