#include "anycast/session_reasons.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace hither {
namespace {

constexpr absl::string_view kNotification = "NOTIFICATION ";  // As BgpSession words its errors.

}  // namespace

void SessionReasons::Note(const std::vector<Observation::Session>& sessions, absl::Time now) {
  std::erase_if(reasons_, [&](const auto& known) {
    return std::ranges::find(sessions, known.first, &Observation::Session::neighbor) ==
           sessions.end();
  });
  for (const Observation::Session& session : sessions) {
    if (session.state == "Established") {
      reasons_.erase(session.neighbor);
    } else if (absl::StartsWith(session.last_error, kNotification)) {
      reasons_[session.neighbor] = {session.last_error, now};
    }
  }
}

void SessionReasons::AddTo(std::vector<Observation::Session>& sessions) const {
  for (Observation::Session& session : sessions) {
    const auto found = reasons_.find(session.neighbor);
    if (found == reasons_.end() || session.last_error == found->second.text) continue;
    session.last_reason = found->second.text;
    session.last_reason_at = found->second.at;
  }
}

}  // namespace hither
