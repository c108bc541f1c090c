#ifndef HITHER_ANYCAST_ROUTE_BIRD_READBACK_H_
#define HITHER_ANYCAST_ROUTE_BIRD_READBACK_H_

#include <uv.h>

#include <deque>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "anycast/route/bird_reply.h"
#include "anycast/route/readback.h"
#include "base/net/uv_pipe.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// Asks BIRD 2 through its control socket which of our prefixes each BGP protocol exports. The
// session is restricted before the first question, so that nothing here could change anything.
//
// Without `bird_protocol` all BGP protocols count, except those which our prefixes come from (the
// session with our own backend) and those that are switched off. A route that IsOurs() denies is
// another site's: it neither makes its protocol a source nor counts as announced.
//
// Threads: the loop's. Source: the socket's owner, usually root; still bounded: lines,
// replies, questions in a round, its time.
class BirdReadback : public Readback {
 public:
  BirdReadback(uv_loop_t* loop, const AnycastConfig::Readback& config,
               const std::vector<AnycastConfig::Service>& services,
               std::vector<uint32_t> own_ases);  // For IsOurs().

  void Ask(absl::Time now) override;
  const ReadbackView& Seen() const override { return view_; }
  absl::string_view name() const override { return "bird"; }

 private:
  struct Question {
    std::string text;
    std::string protocol;          // Empty: not about routes.
    std::vector<Prefix> prefixes;  // Whether it exports these.
  };

  void Connect();
  void OnConnected(int error);
  void OnRead(std::span<const char> octets, int error);
  void OnReply(const BirdReply& reply);
  void OnProtocols(const BirdReply& reply);
  void OnRoutes(const Question& question, const BirdReply& reply);
  void AskAbout(const BirdProtocol& protocol);
  void SendNext();
  void Send(const std::string& text);
  void EndRound();
  void Fail(absl::Status status);

  uv_loop_t* const loop_;
  const AnycastConfig::Readback config_;
  const std::vector<AnycastConfig::Service> services_;
  const std::vector<uint32_t> own_ases_;
  UvPipe socket_;
  BirdReplyReader reader_;
  std::deque<Question> questions_;  // The first was sent.
  Observation round_;
  std::set<std::string> sources_;  // Protocols that routes of ours come from.
  absl::Time started_ = absl::InfinitePast();
  absl::Time asked_ = absl::InfinitePast();  // The last `now` of Ask().
  bool is_asking_ = false;
  ReadbackView view_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_BIRD_READBACK_H_
