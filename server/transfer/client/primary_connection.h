#ifndef HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_CONNECTION_H_
#define HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "base/bytes.h"
#include "base/net/byte_stream.h"

namespace hither {

// DNS messages over one stream to a primary, with several queries under way (RFC 7766 §6.2.1.1).
//
// A reply may be many messages, and only who reads them knows which one is the last: End() says so.
//
// Source of the messages: any process at the address, so none is trusted. One with an ID that no
// query has ends the connection. Memory: one message, and what cannot be sent yet.
//
// Ownership: the caller's. Destroying it closes the stream. Each handler may destroy it.
// Threads: the loop's of its stream.
class PrimaryConnection {
 public:
  // checks_per_primary_max is at most 256: the rest is for queries after a NOTIFY.
  static constexpr size_t kQueriesMax = 320;
  static constexpr size_t kUnsentBytesMax = size_t{1} << 18;

  struct Handler {
    // `message` is valid during the call, has at least a header, and is the caller's to change.
    std::function<void(uint16_t id, std::span<uint8_t> message)> on_message;
    // Octets of a message with that ID have come, its length included, whether it becomes complete
    // or not. Before its on_message; may be null.
    std::function<void(uint16_t id, size_t octets)> on_octets = nullptr;
    // Once. The queries that are under way get no more messages.
    std::function<void(ByteStream::End, const std::string& detail)> on_end;
  };
  using Opener = std::function<std::unique_ptr<ByteStream>(ByteStream::Handler)>;

  // `open` is called once, in here.
  PrimaryConnection(const Opener& open, Handler handler);
  PrimaryConnection(const PrimaryConnection&) = delete;
  PrimaryConnection& operator=(const PrimaryConnection&) = delete;

  // May another query begin here? False after the end, after End() with more messages to come, and
  // while the primary takes nothing or has enough to do.
  bool HasRoom() const;
  // The ID of a query that begins now; it counts from here on. None: HasRoom() is false.
  std::optional<uint16_t> NextId();
  // `message` has that ID, and at most 65,535 octets.
  void Send(ByteView message);
  // No more messages of that query are wanted. `may_have_more`: they may come nevertheless, and are
  // dropped. The connection takes no further query then, and should be destroyed once it is idle:
  // the primary must not spend its time on them.
  void End(uint16_t id, bool may_have_more);

  size_t under_way() const { return under_way_.size(); }
  bool is_open() const { return is_open_; }
  // During on_end: did it send what is no reply to any query?
  bool broke_rules() const { return broke_rules_; }

 private:
  void OnOctets(ByteView octets);
  // All return false if this has been destroyed, or the connection has ended.
  [[nodiscard]] bool TakeMessages();
  [[nodiscard]] bool Report(ByteView message);
  [[nodiscard]] bool Deliver(std::span<uint8_t> message);
  bool Reject(const std::string& detail);
  void Finish(ByteStream::End end, const std::string& detail);

  const std::shared_ptr<Handler> handler_;  // Outlives this while it is called.
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  absl::flat_hash_set<uint16_t> under_way_;
  absl::flat_hash_set<uint16_t> dropped_;  // Ended, with more messages to come.
  uint16_t last_id_;
  Bytes received_;       // Not yet a whole message.
  size_t reported_ = 0;  // Octets of it.
  bool is_open_ = false;
  bool has_ended_ = false;
  bool broke_rules_ = false;
  std::unique_ptr<ByteStream> stream_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_CONNECTION_H_
