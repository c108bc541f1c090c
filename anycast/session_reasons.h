#ifndef HITHER_ANYCAST_SESSION_REASONS_H_
#define HITHER_ANYCAST_SESSION_REASONS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "anycast/route/route_backend.h"

namespace hither {

// Remembers why each BGP session ended. A router that has said why, in a NOTIFICATION, resets the
// next connections without a word, and their error would be all that an operator sees.
//
// Threads: one. Limit: one reason for each configured neighbor.
class SessionReasons {
 public:
  // Looks at the sessions; for every tick.
  void Note(const std::vector<Observation::Session>& sessions, absl::Time now);
  // Adds the reason to each session whose last error hides it.
  void AddTo(std::vector<Observation::Session>& sessions) const;

 private:
  struct Reason {
    std::string text;
    absl::Time at;
  };
  std::map<std::string, Reason> reasons_;  // By neighbor.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SESSION_REASONS_H_
