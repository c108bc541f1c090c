#ifndef HITHER_SERVER_ANSWER_WORK_H_
#define HITHER_SERVER_ANSWER_WORK_H_

#include <cstdint>

namespace hither {

// The cost of answers is counted, not timed, so that it can be bounded and the bound tested: in
// units of about 10 ns, for everything that a hostile zone or client can make grow. bench_parts
// (hostile/) shows that no answer takes much longer than its work suggests.
inline constexpr uint32_t kWorkOfQuery = 50;      // The minimum cost of each.
inline constexpr uint32_t kWorkOfSha1Block = 10;  // 64 octets.
inline constexpr uint32_t kWorkOfOctets = 16;     // This many written octets are one unit.

// The maximum of an answer: 300 µs; an ordinary one costs 2 with its system calls.
inline constexpr uint32_t kWorkOfAnswerMax = 30'000;

// An alias chain continues while it has cost at most this: a resolver follows the rest.
inline constexpr uint32_t kChainWorkMax = 8'000;

// The work of one iteration of a worker's loop, besides each socket's minimum: then come timers,
// other sockets and other clients.
inline constexpr uint64_t kWorkOfTurnMax = 200'000;

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_WORK_H_
