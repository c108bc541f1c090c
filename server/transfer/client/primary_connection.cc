#include "server/transfer/client/primary_connection.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "dns/query.h"

namespace hither {
namespace {

constexpr size_t kLengthBytes = 2;  // RFC 1035 §4.2.2.

uint16_t RandomId() {
  uint16_t id = 0;
  HITHER_CHECK(::getrandom(&id, sizeof id, 0) == sizeof id);
  return id;
}

}  // namespace

PrimaryConnection::PrimaryConnection(const Opener& open, Handler handler)
    : handler_(std::make_shared<Handler>(std::move(handler))), last_id_(RandomId()) {
  stream_ = open(
      {.on_open = [this] { is_open_ = true; },
       .on_octets = [this](ByteView octets) { OnOctets(octets); },
       .on_end = [this](ByteStream::End end, const std::string& detail) { Finish(end, detail); }});
}

bool PrimaryConnection::HasRoom() const {
  return !has_ended_ && dropped_.empty() && under_way_.size() < kQueriesMax &&
         stream_->unsent_bytes() < kUnsentBytesMax;
}

std::optional<uint16_t> PrimaryConnection::NextId() {
  if (!HasRoom()) return std::nullopt;
  while (!under_way_.insert(++last_id_).second) {
  }
  return last_id_;
}

void PrimaryConnection::Send(ByteView message) {
  HITHER_CHECK(message.size() >= kHeaderBytes && message.size() <= 0xffff);
  if (has_ended_) return;
  std::array<uint8_t, kLengthBytes> length;
  StoreU16(length.data(), static_cast<uint16_t>(message.size()));
  stream_->Write(length);
  stream_->Write(message);
}

void PrimaryConnection::End(uint16_t id, bool may_have_more) {
  if (under_way_.erase(id) > 0 && may_have_more) dropped_.insert(id);
}

void PrimaryConnection::OnOctets(ByteView octets) {
  received_.insert(received_.end(), octets.begin(), octets.end());
  (void)TakeMessages();
}

bool PrimaryConnection::TakeMessages() {
  size_t taken = 0;
  while (received_.size() - taken >= kLengthBytes) {
    const size_t size = LoadU16(received_.data() + taken);
    const size_t have = std::min(received_.size() - taken, kLengthBytes + size);
    if (!Report({received_.data() + taken, have})) return false;
    if (have < kLengthBytes + size) break;
    if (size < kHeaderBytes) return Reject(absl::StrCat("it sent a message of ", size, " octets"));
    reported_ = 0;
    if (!Deliver({received_.data() + taken + kLengthBytes, size})) return false;
    taken += kLengthBytes + size;
  }
  received_.erase(received_.begin(), received_.begin() + static_cast<ptrdiff_t>(taken));
  return true;
}

// `message`: as far as it has come, from its length on.
bool PrimaryConnection::Report(ByteView message) {
  if (message.size() < 2 * kLengthBytes) return true;  // Its ID is not there yet.
  const uint16_t id = LoadU16(message.data() + kLengthBytes);
  const size_t octets = message.size() - std::exchange(reported_, message.size());
  if (octets == 0 || !under_way_.contains(id) || !handler_->on_octets) return true;
  const std::weak_ptr<const bool> alive = alive_;
  const std::shared_ptr<Handler> handler = handler_;
  handler->on_octets(id, octets);
  return !alive.expired() && !has_ended_;
}

bool PrimaryConnection::Deliver(std::span<uint8_t> message) {
  const uint16_t id = LoadU16(message.data());
  if (dropped_.contains(id)) return true;
  if (!under_way_.contains(id)) return Reject("it sent a message that nobody had asked for");
  const std::weak_ptr<const bool> alive = alive_;
  const std::shared_ptr<Handler> handler = handler_;
  handler->on_message(id, message);
  return !alive.expired() && !has_ended_;
}

bool PrimaryConnection::Reject(const std::string& detail) {
  broke_rules_ = true;
  Finish(ByteStream::End::kClosed, detail);
  return false;
}

void PrimaryConnection::Finish(ByteStream::End end, const std::string& detail) {
  has_ended_ = true;
  stream_.reset();
  const auto on_end = std::exchange(handler_->on_end, nullptr);
  on_end(end, detail);  // May destroy this.
}

}  // namespace hither
