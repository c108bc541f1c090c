#ifndef HITHER_SERVER_ANSWER_WORK_H_
#define HITHER_SERVER_ANSWER_WORK_H_

#include <cstdint>

namespace hither {

// What answers cost is counted, not timed, so that it can be bounded and the bound tested: in units
// of about 10 ns, by what a hostile zone or a client can make grow. bench_parts (hostile/) shows
// that no answer takes much longer than its work says.
inline constexpr uint32_t kWorkOfQuery = 50;      // What each costs at least.
inline constexpr uint32_t kWorkOfSha1Block = 10;  // 64 octets.
inline constexpr uint32_t kWorkOfOctets = 16;     // So many octets, written, are one unit.

// No answer costs more: 300 µs, where an ordinary one costs 2 with its system calls.
inline constexpr uint32_t kWorkOfAnswerMax = 30'000;

// An alias chain goes on while it has cost no more than this: a resolver follows the rest.
inline constexpr uint32_t kChainWorkMax = 8'000;

// What a worker does in one turn of its loop, but for what each socket may do at least: then
// timers, other sockets and other clients have their turn.
inline constexpr uint64_t kWorkOfTurnMax = 200'000;

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_WORK_H_
