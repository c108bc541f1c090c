#include "server/listen/tcp_connection.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"

namespace hither {
namespace {

constexpr size_t kLengthBytes = 2;
constexpr size_t kMessageBytesMin = 12;  // A header (RFC 1035 §4.1.1).
constexpr size_t kMessageBytesMax = 65'535;

}  // namespace

TcpConnection::TcpConnection(TcpConnectionHost& host, ByteView address, uint64_t now_ms)
    : host_(host),
      address_bytes_(static_cast<uint8_t>(address.size())),
      started_at_ms_(now_ms),
      active_at_ms_(now_ms),
      progress_at_ms_(now_ms) {
  HITHER_CHECK(address.size() <= address_.size());
  std::copy(address.begin(), address.end(), address_.begin());
}

bool TcpConnection::Start(uv_loop_t& loop, FileDescriptor socket) {
  HITHER_CHECK(uv_tcp_init(&loop, &tcp_) == 0);
  tcp_.data = this;
  write_.data = this;
  const bool usable = uv_tcp_open(&tcp_, socket.get()) == 0;
  if (usable) socket.Release();
  if (usable && uv_read_start(stream(), &OnRoom, &OnRead) == 0) return true;
  Close();
  return false;
}

void TcpConnection::CheckTime(uint64_t now_ms, absl::Duration idle_timeout) {
  const auto since = [now_ms](uint64_t then_ms) {
    return absl::Milliseconds(static_cast<int64_t>(now_ms - then_ms));
  };
  const size_t unsent = UnsentBytes();
  if (unsent == 0 || unsent < unsent_at_progress_) progress_at_ms_ = now_ms;
  unsent_at_progress_ = unsent;
  const TcpLimits& limits = host_.limits();
  if (since(progress_at_ms_) >= limits.unread_timeout ||
      since(started_at_ms_) >= limits.lifetime_max) {
    CloseFor(Counter::kTcpLimitClosed);
  } else if (unsent == 0 && since(active_at_ms_) >= idle_timeout) {
    CloseFor(Counter::kTcpIdleClosed);
  }
}

void TcpConnection::Finish() {
  if (closing_) return;
  uv_read_stop(stream());
  finishing_ = true;
  if (!HasUnsent() && !waiting_) Close();
}

void TcpConnection::Close() {
  if (std::exchange(closing_, true)) return;
  host_.OnClosing(*this);
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), [](uv_handle_t* handle) {
    auto* self = static_cast<TcpConnection*>(handle->data);
    self->host_.OnClosed(*self);
  });
}

void TcpConnection::CloseFor(Counter why) {
  if (closing_) return;
  host_.counters().Add(why);
  Close();
}

void TcpConnection::OnRoom(uv_handle_t* handle, size_t /*hint*/, uv_buf_t* room) {
  const std::span<uint8_t> shared = static_cast<TcpConnection*>(handle->data)->host_.read_room();
  *room = uv_buf_init(reinterpret_cast<char*>(shared.data()), static_cast<unsigned>(shared.size()));
}

void TcpConnection::OnRead(uv_stream_t* stream, ssize_t bytes, const uv_buf_t* room) {
  auto* self = static_cast<TcpConnection*>(stream->data);
  if (bytes > 0) {
    try {
      self->OnOctets({reinterpret_cast<const uint8_t*>(room->base), static_cast<size_t>(bytes)});
    } catch (const std::bad_alloc&) {  // What it asked or is answered cannot be kept.
      self->Close();
    }
  } else if (bytes == UV_EOF) {  // The peer asks no more, but may still read: RFC 7766 §6.2.4.
    self->Finish();
  } else if (bytes < 0) {
    self->Close();
  }
}

void TcpConnection::OnOctets(ByteView octets) {
  read_at_ns_ = MonotonicNs();
  if (input_.empty()) {  // As a rule: whole queries, answered where they were read.
    const size_t used = AnswerFrom(octets);
    if (!closing_) input_.assign(octets.begin() + static_cast<ptrdiff_t>(used), octets.end());
    return;
  }
  input_.insert(input_.end(), octets.begin(), octets.end());
  const size_t used = AnswerFrom(input_);
  input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(used));
  if (input_.empty()) Bytes().swap(input_);  // Thousands of idle connections must cost little.
}

// Answers the complete queries at the start of `input`, as far as the peer reads and the turn
// lasts. Returns how many octets they took.
size_t TcpConnection::AnswerFrom(ByteView input) {
  Answers filled{.read_at_ns = read_at_ns_};
  const size_t used = AnswerQueries(input, filled);
  if (closing_) return input.size();
  if (filled.answered > 0) {
    host_.OnActive(*this);
    active_at_ms_ = uv_now(tcp_.loop);
  }
  Flush(filled);
  if (closing_) return input.size();
  if (paused_ || waiting_) uv_read_stop(stream());
  if (waiting_) host_.OnWaiting(*this);
  if (finishing_) Finish();
  return used;
}

// The loop of AnswerFrom(). Stops at the end of what is complete, of the turn, or of what the peer
// reads; TakeTurn() and OnWritten() continue.
size_t TcpConnection::AnswerQueries(ByteView input, Answers& filled) {
  size_t used = 0;
  while (true) {
    ByteView query;
    if (stream_ == nullptr) {
      query = NextQuery(input.subspan(used));
      if (query.empty()) return finishing_ ? input.size() : used;
    }
    waiting_ = filled.answered == kQueriesPerTurnMax || !host_.MayAnswer();
    if (waiting_ || !MakeRoom(filled)) return used;
    uint8_t* const at = host_.write_room().data() + filled.bytes;
    const size_t reply = AnswerOne(query, {at + kLengthBytes, kMessageBytesMax});
    if (!query.empty()) used += kLengthBytes + query.size();
    ++filled.answered;
    if (reply == 0) continue;
    StoreU16(at, static_cast<uint16_t>(reply));
    filled.bytes += kLengthBytes + reply;
    ++filled.count;
  }
}

// The query at the start of `input`; empty if it is not complete, or if nothing that comes can be.
ByteView TcpConnection::NextQuery(ByteView input) {
  if (input.size() < kLengthBytes) return {};
  const size_t size = LoadU16(input.data());
  if (size < kMessageBytesMin) {
    // No header and so no ID to answer to; and the client is at another place in the stream than we
    // think. Nothing good can follow.
    host_.counters().Add(Counter::kTcpLimitClosed);
    finishing_ = true;
    return {};
  }
  if (input.size() - kLengthBytes < size) return {};
  return input.subspan(kLengthBytes, size);
}

// Room in the write room for one more message. False: the peer must read first, or is gone.
bool TcpConnection::MakeRoom(Answers& filled) {
  const size_t unsent_bytes_max = host_.limits().unsent_bytes_max;
  const size_t left = host_.write_room().size() - filled.bytes;
  if (UnsentBytes() + filled.bytes <= unsent_bytes_max && left >= kLengthBytes + kMessageBytesMax) {
    return true;
  }
  Flush(filled);
  paused_ = !closing_ && UnsentBytes() > unsent_bytes_max;
  return !closing_ && !paused_;
}

// The answer to `query`, or the next message of the stream that answers the last one. 0: none.
size_t TcpConnection::AnswerOne(ByteView query, std::span<uint8_t> room) {
  if (stream_ != nullptr) {
    const size_t bytes = stream_->Next(room);
    if (bytes == 0) stream_.reset();
    return bytes;
  }
  const ByteView from(address_.data(), address_bytes_);
  Response response = host_.Answer({.query = query, .reply = room, .client = from}, read_at_ns_);
  stream_ = std::move(response.stream);
  return response.message_bytes;
}

// Sends what is filled of the write room. What the kernel does not take at once counts as sent,
// too: how long a client leaves its answers unread says nothing of the server.
void TcpConnection::Flush(Answers& answers) {
  if (answers.count == 0) return;
  Send(host_.write_room().first(answers.bytes));
  if (!closing_) host_.latency().Record(MonotonicNs() - answers.read_at_ns, answers.count);
  answers.bytes = 0;
  answers.count = 0;
}

void TcpConnection::Send(ByteView octets) {
  if (octets.empty()) return;
  if (in_write_.empty()) {  // As a rule all of it fits into the socket.
    const uv_buf_t part =
        uv_buf_init(const_cast<char*>(reinterpret_cast<const char*>(octets.data())),
                    static_cast<unsigned>(octets.size()));
    const int written = uv_try_write(stream(), &part, 1);
    if (written < 0 && written != UV_EAGAIN) return Close();
    if (written > 0) octets = octets.subspan(static_cast<size_t>(written));
  }
  if (octets.empty()) return;
  if (UnsentBytes() == 0) progress_at_ms_ = uv_now(tcp_.loop);
  queued_.insert(queued_.end(), octets.begin(), octets.end());
  if (in_write_.empty()) WriteQueued();
}

void TcpConnection::WriteQueued() {
  in_write_ = std::exchange(queued_, {});
  const uv_buf_t part = uv_buf_init(reinterpret_cast<char*>(in_write_.data()),
                                    static_cast<unsigned>(in_write_.size()));
  if (uv_write(&write_, stream(), &part, 1, &OnWritten) != 0) Close();
}

void TcpConnection::OnWritten(uv_write_t* request, int status) {
  auto* self = static_cast<TcpConnection*>(request->data);
  Bytes().swap(self->in_write_);
  if (self->closing_) return;
  if (status != 0) return self->Close();
  if (!self->queued_.empty()) return self->WriteQueued();
  self->active_at_ms_ = uv_now(self->tcp_.loop);
  self->host_.OnActive(*self);
  try {
    if (self->paused_) return self->ReadOn();
  } catch (const std::bad_alloc&) {
    self->Close();
  }
  if (self->finishing_ && !self->waiting_) self->Close();
}

void TcpConnection::TakeTurn() {
  waiting_ = false;
  try {
    AnswerInput();
  } catch (const std::bad_alloc&) {
    Close();
  }
}

void TcpConnection::ReadOn() {
  paused_ = false;
  read_at_ns_ = MonotonicNs();  // What the peer left unread until now is no time of ours.
  AnswerInput();                // First what was read before the pause.
}

void TcpConnection::AnswerInput() {
  const size_t used = AnswerFrom(input_);
  if (closing_) return;
  input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(used));
  if (paused_ || waiting_ || finishing_) return;
  if (uv_read_start(stream(), &OnRoom, &OnRead) != 0) Close();
}

size_t TcpConnection::UnsentBytes() const {
  return closing_ ? 0
                  : queued_.size() +
                        uv_stream_get_write_queue_size(reinterpret_cast<const uv_stream_t*>(&tcp_));
}

}  // namespace hither
