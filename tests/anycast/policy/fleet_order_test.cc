// Every order in which the steps of a few nodes can happen: no more than one of them withdraws.
//
// A node's steps: it ticks (looks at the pages it has, decides, tells its own page), it asks
// another for its page, and the other writes the answer, which arrives. Asking, writing and
// arriving are steps of their own, so that a page may be as late as it likes, and no page is ever
// too old to count: nothing is excused by age.
//
// Between two nodes a wish may also become too old at any time: its node can no longer go by it.
// Who has a page that was written after that may have seen the wish for too long, and not heed it;
// or not yet.
//
// The worlds are finitely many, since of all times only one thing matters: whether a page was
// asked for after the node's own wish. All that can be reached are visited.

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "anycast/policy/fleet.h"

namespace hither {
namespace {

constexpr size_t kNodesMax = 3;
constexpr const char* kNames[] = {"a", "b", "c"};
const absl::Time kLongAgo = absl::FromUnixSeconds(1) - 2 * kWishMax;
const absl::Time kBefore = absl::FromUnixMillis(1000);
const absl::Time kWish = absl::FromUnixMillis(1001);
const absl::Time kAfter = absl::FromUnixMillis(1002);
const absl::Time kNow = absl::FromUnixMillis(1003);

struct Page {
  bool is_after_wish = false;  // Was it asked for after the asker's wish?
  bool is_down = false;
  bool wish = false;
  bool is_too_old = false;  // The wish, when the page was written.
};

struct Node {
  enum Way : uint8_t { kNone, kAsked, kWritten };
  bool is_down = false;
  bool wish = false;
  bool is_too_old = false;               // The wish.
  std::array<Way, kNodesMax> ways = {};  // Of the pages that it has asked for.
  std::array<Page, kNodesMax> coming;
  std::array<Page, kNodesMax> seen;  // At first: all up, from before any wish.
};

using World = std::array<Node, kNodesMax>;

// Who is down wishes no more, and only a wish is too old.
unsigned Standing(const auto& of) { return of.is_down ? 3 : of.wish ? 1 + of.is_too_old : 0; }

uint64_t KeyOf(const World& world) {
  uint64_t key = 0;
  const auto add = [&](unsigned value, int bits) { key = key << bits | value; };
  for (size_t self = 0; self < world.size(); ++self) {
    const Node& node = world[self];
    add(Standing(node), 2);
    for (size_t other = 0; other < world.size(); ++other) {
      if (other == self) continue;
      const Page& coming = node.coming[other];
      const Page& seen = node.seen[other];
      add(node.ways[other], 2);
      add(coming.is_after_wish << 2 | Standing(coming), 3);
      add(seen.is_after_wish << 2 | Standing(seen), 3);
    }
  }
  return key;  // 3 * (2 + 2 * 8) = 54 bits.
}

class Explorer {
 public:
  Explorer(size_t nodes, bool is_slow) : nodes_(nodes), is_slow_(is_slow) {}

  void Explore() {
    Keep(World{});
    while (!rest_.empty()) {
      const World world = rest_.back();
      rest_.pop_back();
      for (size_t node = 0; node < nodes_; ++node) {
        if (!world[node].is_down) Expand(world, node);  // One that has gone only answers.
      }
    }
  }

  size_t worlds() const { return known_.size(); }
  int withdrawn_max() const { return withdrawn_max_; }

 private:
  void Expand(const World& world, size_t self) {
    World next = world;
    Tick(next, self, /*heeds_old=*/true);
    Keep(next);
    if (nodes_ == 2) {
      next = world;
      Tick(next, self, /*heeds_old=*/false);
      Keep(next);
      next = world;
      next[self].is_too_old = next[self].wish;
      Keep(next);
    }
    for (size_t other = 0; other < nodes_; ++other) {
      if (other == self) continue;
      next = world;
      Carry(next, self, other);
      Keep(next);
    }
  }

  // The next thing that can happen to a page on its way from `other` to `self`.
  void Carry(World& world, size_t self, size_t other) const {
    Node& node = world[self];
    Page& coming = node.coming[other];
    if (node.ways[other] == Node::kNone) {
      coming = {.is_after_wish = node.wish};
      node.ways[other] = Node::kAsked;
      return;
    }
    if (node.ways[other] == Node::kAsked) {
      coming.is_down = world[other].is_down;
      coming.wish = world[other].wish;
      coming.is_too_old = world[other].is_too_old;
      node.ways[other] = Node::kWritten;
      if (is_slow_) return;
    }
    node.seen[other] = coming;
    coming = {};
    node.ways[other] = Node::kNone;
  }

  std::vector<PeerReport> Reports(const World& world, size_t self, bool heeds_old) const {
    std::vector<PeerReport> reports;
    const Node& node = world[self];
    for (size_t other = 0; other < nodes_; ++other) {
      const Page& seen = node.seen[other];
      if (other == self) continue;
      reports.push_back({kNames[other], seen.is_after_wish ? kAfter : kBefore,
                         seen.is_down ? State::kDown : State::kUp, seen.wish, !seen.is_down});
      if (seen.is_too_old && !heeds_old) reports.back().wishing_since = kLongAgo;
    }
    return reports;
  }

  // What the loop does each tick, of a node that always wants to go. One that yields rests until
  // its next tick, which may come as late as it likes.
  void Tick(World& world, size_t self, bool heeds_old) {
    Node& node = world[self];
    FleetWish wish;
    wish.has_begun = true;
    if (node.wish) wish.since = node.is_too_old ? kLongAgo : kWish;
    AnycastConfig::Peers peers;
    peers.max_withdrawn = 1;
    const FleetView view =
        ViewFleet(peers, kNames[self], Reports(world, self, heeds_old), kNow, wish);
    const bool may = view.others_withdrawn + 1 <= view.max_withdrawn;
    Verdict verdict;
    verdict.state = may && view.settled ? State::kDown : State::kUp;
    verdict.wants_to_withdraw = may && !view.settled;
    TellWish(verdict, kNow, wish);
    node.is_down = verdict.state == State::kDown;
    if (wish.stands() != node.wish) Forget(node);
    node.wish = wish.stands();
    if (!node.wish) node.is_too_old = false;
  }

  // A wish that is made again, or gone: whatever was asked for was so before the next one.
  static void Forget(Node& node) {
    for (Page& page : node.seen) page.is_after_wish = false;
    for (Page& page : node.coming) page.is_after_wish = false;
  }

  void Keep(const World& world) {
    int withdrawn = 0;
    for (const Node& node : world) withdrawn += node.is_down ? 1 : 0;
    withdrawn_max_ = std::max(withdrawn_max_, withdrawn);
    if (known_.insert(KeyOf(world)).second) rest_.push_back(world);
  }

  const size_t nodes_;
  const bool is_slow_;  // Is arriving a step of its own?
  std::vector<World> rest_;
  absl::flat_hash_set<uint64_t> known_;
  int withdrawn_max_ = 0;
};

void ExpectOneWithdraws(size_t nodes, bool is_slow) {
  Explorer explorer(nodes, is_slow);
  explorer.Explore();
  EXPECT_EQ(explorer.withdrawn_max(), 1);
  testing::Test::RecordProperty("worlds", std::to_string(explorer.worlds()));
  std::printf("%zu nodes: %zu worlds\n", nodes, explorer.worlds());
}

TEST(FleetOrderTest, OfTwoNodesOneWithdraws) { ExpectOneWithdraws(2, true); }
// Here a page arrives as soon as it is written: otherwise the worlds are too many to visit.
TEST(FleetOrderTest, OfThreeNodesOneWithdraws) { ExpectOneWithdraws(3, false); }

}  // namespace
}  // namespace hither
