#ifndef HITHER_ANYCAST_POLICY_ASSESSMENT_H_
#define HITHER_ANYCAST_POLICY_ASSESSMENT_H_

#include <span>
#include <string>
#include <vector>

#include "anycast/policy/signal.h"

namespace hither {

// The signals of one family at one tick, sorted by what they mean to the policy. Points into the
// signals that it was made from.
struct Assessment {
  std::vector<const Signal*> certain;  // Hard, and certain.
  std::vector<const Signal*> hard;     // Hard, local or path.
  std::vector<const Signal*> shared;   // Hard, but most likely the same at every site.
  std::vector<const Signal*> soft;
  std::vector<const Signal*> unknown;  // Local or path: what must be known before announcing. An
                                       // unknown shared one says nothing about this node.
  int ok = 0;                          // Local or path ones that are ok or soft.

  // Is this node seen to answer correctly? Shared signals do not count.
  bool IsGood() const { return certain.empty() && hard.empty() && unknown.empty() && ok > 0; }
};

bool Concerns(const Signal& signal, IpFamily family);
Assessment Assess(std::span<const Signal> signals, IpFamily family);

// "probe udp 192.0.2.53: no answer within 200ms, 3 times; worker 3: ..." The first few.
std::string Names(const std::vector<const Signal*>& signals);

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_ASSESSMENT_H_
