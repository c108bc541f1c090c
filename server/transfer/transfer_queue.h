#ifndef HITHER_SERVER_TRANSFER_TRANSFER_QUEUE_H_
#define HITHER_SERVER_TRANSFER_TRANSFER_QUEUE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

namespace hither {

// The caller's numbers of zones and primaries.
using ZoneNumber = uint32_t;
using PrimaryNumber = uint32_t;

struct QueueLimits {
  size_t turns_max = 64;      // Under way, on this node.
  size_t refreshes_max = 48;  // Of these, refreshes: so a NOTIFY never waits for a whole round.
  size_t primary_turns_max = 8;
  size_t primary_refreshes_max = 6;
  // A primary that could not be reached three times in a row rests: so long, doubling to the
  // maximum.
  absl::Duration rest_min = absl::Seconds(10);
  absl::Duration rest_max = absl::Minutes(5);
};

enum class Urgency : uint8_t { kNotify, kRefresh };

struct Turn {
  ZoneNumber zone = 0;
  PrimaryNumber primary = 0;
  Urgency urgency = Urgency::kRefresh;
  // The zone's version came from another primary, whose serials may mean other content: AXFR.
  bool is_changed = false;
  uint64_t ticket = 0;  // The queue's own: no two turns have the same.
  friend bool operator==(const Turn&, const Turn&) = default;
};

// How a turn ended.
enum class TurnEnd : uint8_t {
  kCurrent,      // The primary has nothing newer.
  kTransferred,  // It has given the zone a version.
  kBehind,       // It answers, but another one should have more: it is older, or below a hint.
  kFailed,       // It answers, but is of no use: refused, lame, broken transfer.
  kUnreachable,  // It does not answer.
};

// What comes of it for the zone.
enum class RoundEnd : uint8_t {
  kDone,         // A primary was current, or has given a version.
  kNextPrimary,  // The zone is queued for its next primary.
  kExhausted,    // No primary was of use.
  kUnknown,      // The zone was removed during its turn.
};

// Which zone asks which primary next.
//
// Each primary has a queue for NOTIFYs, served before one for refreshes, both in order of arrival.
// Primaries take turns. While NOTIFYs wait, one refresh of the primary is served after 16 of them:
// a storm of NOTIFYs must not let the other zones expire. A zone is queued or under way once; what
// is requested for it in between happens afterwards, once.
//
// A zone asks the primary that answered last (it is pinned), otherwise the first one of its list
// that does not rest; then the others in order, each once a round.
//
// One thread's. Knows no clock. Memory: a constant for each zone and primary, however often a zone
// is requested. Deterministic.
class TransferQueue {
 public:
  static constexpr size_t kPrimariesMax = 16;  // Of a zone.
  static constexpr int kNotifiesInRow = 16;
  static constexpr int kUnreachableInRow = 3;

  explicit TransferQueue(const QueueLimits& limits = {}) : limits_(limits) {}

  // `content_from`: whose version the zone holds, if it holds one. False, and no change: no
  // primary, over kPrimariesMax, or a zone that is there.
  bool Add(ZoneNumber zone, std::vector<PrimaryNumber> primaries,
           std::optional<PrimaryNumber> content_from = std::nullopt);
  // Its turn, if it has one, continues to count until End().
  void Remove(ZoneNumber zone);

  // Asks for a turn. A NOTIFY of a primary shows that it does not need to rest (`notified_by`).
  // False: no such zone.
  bool Request(ZoneNumber zone, Urgency urgency,
               std::optional<PrimaryNumber> notified_by = std::nullopt);

  // The next turn, if there is one within the limits. Call it until there is none, after each
  // Request() and End(), and at next_rest_end().
  std::optional<Turn> Next(absl::Time now);
  RoundEnd End(const Turn& turn, TurnEnd end, absl::Time now);

  // When a primary for which zones wait has rested; InfiniteFuture: none rests.
  absl::Time next_rest_end() const;

  size_t zones() const { return zones_.size(); }
  size_t waiting() const;
  size_t under_way() const { return under_way_[0] + under_way_[1]; }
  std::optional<PrimaryNumber> pinned(ZoneNumber zone) const;

 private:
  enum class Place : uint8_t { kIdle, kWaiting, kUnderWay };
  struct ZoneEntry {
    std::vector<PrimaryNumber> primaries;
    std::optional<PrimaryNumber> pinned = std::nullopt;
    std::optional<PrimaryNumber> content_from = std::nullopt;
    Place place = Place::kIdle;
    Urgency urgency = Urgency::kRefresh;
    std::optional<Urgency> again = std::nullopt;
    uint16_t tried = 0;  // A bit for each primary, in this round.
    PrimaryNumber primary = 0;
    uint64_t ticket = 0;  // In its queue.
  };
  struct Lane {
    std::array<absl::btree_map<uint64_t, ZoneNumber>, 2> queues;  // By Urgency; by ticket.
    std::array<size_t, 2> under_way = {};
    int notifies_in_row = 0;
    int unreachable_in_row = 0;
    absl::Time rests_until = absl::InfinitePast();
  };

  std::optional<PrimaryNumber> NextPrimary(const ZoneEntry& entry) const;
  void Enqueue(ZoneNumber zone, ZoneEntry& entry, PrimaryNumber primary);
  void Dequeue(ZoneEntry& entry);
  void StartRound(ZoneNumber zone, ZoneEntry& entry, Urgency urgency);
  bool MayRefresh(const Lane& lane) const;
  std::optional<Urgency> Pick(const Lane& lane, Urgency pass) const;
  Turn Start(PrimaryNumber primary, Lane& lane, Urgency urgency);
  void Judge(PrimaryNumber primary, TurnEnd end, absl::Time now);
  void MoveFrom(PrimaryNumber primary);
  bool Rests(PrimaryNumber primary) const;

  QueueLimits limits_;
  absl::flat_hash_map<ZoneNumber, ZoneEntry> zones_;
  std::map<PrimaryNumber, Lane> lanes_;  // In order, for taking turns.
  std::array<size_t, 2> under_way_ = {};
  std::array<PrimaryNumber, 2> last_served_ = {};
  uint64_t next_ticket_ = 1;
  absl::Time now_ = absl::InfinitePast();
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_TRANSFER_QUEUE_H_
