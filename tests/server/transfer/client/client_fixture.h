#ifndef HITHER_TESTS_SERVER_TRANSFER_CLIENT_CLIENT_FIXTURE_H_
#define HITHER_TESTS_SERVER_TRANSFER_CLIENT_CLIENT_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/net/tcp_stream.h"
#include "server/transfer/client/loop_primary_client.h"
#include "tests/server/transfer/client/fake_primary.h"
#include "tests/server/transfer/transfer_texts.h"

namespace hither {

inline std::string ResultToText(const TurnResult& result) {
  static constexpr const char* kNames[] = {"current",     "newer",    "behind", "held",
                                           "whole",       "diffs",    "broken", "failed",
                                           "unreachable", "own fault"};
  return absl::StrCat(kNames[static_cast<size_t>(result.kind)], result.reason.empty() ? "" : ": ",
                      result.reason);
}

// A client and a primary on one loop. Unless a test changes its script, the primary answers with
// what `replies` has for a query, and not at all if that has nothing.
class ClientFixture : public testing::Test {
 protected:
  ClientFixture() {
    uv_loop_init(&loop_);
    primary_ = std::make_unique<FakePrimary>(
        loop_, [this](FakePrimary::Peer& peer, const TransferQuery& query, ByteView) {
          Answer(peer, query);
        });
    MakeClient({});
  }
  ~ClientFixture() override {
    client_.reset();
    primary_.reset();
    timer_.Close();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  void MakeClient(const LoopPrimaryClient::Limits& limits,
                  std::optional<TsigKey> key = std::nullopt) {
    const TcpStream::Order order{.to = primary_->address()};
    client_ = std::make_unique<LoopPrimaryClient>(
        loop_,
        [this, order](ByteStream::Handler handler) -> std::unique_ptr<ByteStream> {
          return TcpStream::Open(loop_, order, std::move(handler));
        },
        std::move(key), limits);
  }
  void Answer(FakePrimary::Peer& peer, const TransferQuery& query) {
    const auto reply = replies_.find(QueryToText(query));
    if (reply != replies_.end()) peer.Reply(query, reply->second);
  }

  uint64_t Begin(TurnOrder order) {
    order.zone = TestZone();
    return client_->Begin(std::move(order), [this](TurnResult result) {
      results_.push_back(ResultToText(result));
      last_ = std::move(result);
    });
  }
  template <typename Condition>
  bool TurnUntil(Condition is_met) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (!is_met() && absl::Now() < deadline) uv_run(&loop_, UV_RUN_NOWAIT);
    return is_met();
  }
  bool TurnUntilResults(size_t count) {
    return TurnUntil([&] { return results_.size() >= count; });
  }
  // Without an end of its own.
  void TurnFor(absl::Duration duration) {
    const absl::Time until = absl::Now() + duration;
    while (absl::Now() < until) uv_run(&loop_, UV_RUN_NOWAIT);
  }
  void TurnTimes(int times) {
    for (int i = 0; i < times; ++i) uv_run(&loop_, UV_RUN_NOWAIT);
  }

  uv_loop_t loop_;
  std::map<std::string, std::string> replies_ = {
      {"SOA", "aa; SOA 7"},
      {"IXFR 5", "SOA 7; SOA 5; a A 192.0.2.1; SOA 7; a A 192.0.2.2; SOA 7"},
      {"AXFR", "SOA 7; @ NS ns; a A 192.0.2.2; SOA 7"}};
  std::unique_ptr<FakePrimary> primary_;
  std::unique_ptr<LoopPrimaryClient> client_;
  std::vector<std::string> results_;
  TurnResult last_;
  UvTimer timer_;
};

}  // namespace hither

#endif  // HITHER_TESTS_SERVER_TRANSFER_CLIENT_CLIENT_FIXTURE_H_
