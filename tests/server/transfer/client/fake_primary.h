#ifndef HITHER_TESTS_SERVER_TRANSFER_CLIENT_FAKE_PRIMARY_H_
#define HITHER_TESTS_SERVER_TRANSFER_CLIENT_FAKE_PRIMARY_H_

#include <uv.h>

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "base/file_descriptor.h"
#include "base/net/uv.h"
#include "base/socket_address.h"
#include "server/transfer/transfer_message.h"

namespace hither {

// What a client has asked; with IXFR's serial.
TransferQuery ReadTestQuery(ByteView message);
// "SOA", "IXFR 5", "AXFR"; "SOA-" without EDNS.
std::string QueryToText(const TransferQuery& query);

Bytes WithLength(ByteView message);  // RFC 1035 §4.2.2

// A primary on a socket of the loopback interface and on the client's loop, that answers as the
// test says.
class FakePrimary {
 public:
  // One connection to it.
  class Peer {
   public:
    Peer(FakePrimary& primary, FileDescriptor fd, size_t number);
    void SendRaw(ByteView octets);  // May block for a moment.
    void Send(ByteView message) { SendRaw(WithLength(message)); }
    void Reply(const TransferQuery& query, absl::string_view text);  // See ReplyFromText().
    void Close() { is_closing_ = true; }                             // After what was sent.
    size_t number() const { return number_; }                        // From 1.

   private:
    friend class FakePrimary;
    void OnReadable();

    FakePrimary& primary_;
    FileDescriptor fd_;
    const size_t number_;
    Bytes received_;
    bool is_closing_ = false;
    UvPoll poll_;
  };
  // `message` is the query as it came.
  using Script = std::function<void(Peer& peer, const TransferQuery& query, ByteView message)>;

  FakePrimary(uv_loop_t& loop, Script script);

  const SocketAddress& address() const { return address_; }
  Script script;
  // Every query, with the number of its connection: "1 SOA".
  std::vector<std::string> log;
  size_t accepted = 0;
  size_t open() const { return peers_.size(); }
  std::list<Peer>& peers() { return peers_; }
  void CloseAll() { peers_.clear(); }
  void StopListening();  // Connections are refused.

 private:
  void Accept();

  uv_loop_t& loop_;
  SocketAddress address_;
  FileDescriptor listener_;
  UvPoll poll_;
  std::list<Peer> peers_;
};

}  // namespace hither

#endif  // HITHER_TESTS_SERVER_TRANSFER_CLIENT_FAKE_PRIMARY_H_
