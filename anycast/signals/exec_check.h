#ifndef HITHER_ANYCAST_SIGNALS_EXEC_CHECK_H_
#define HITHER_ANYCAST_SIGNALS_EXEC_CHECK_H_

#include <uv.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "anycast/policy/signal.h"
#include "daemon/config/anycast_config.h"

namespace hither {

inline constexpr size_t kExecOutputShownMax = 200;
inline constexpr int kExecTempFail = 75;  // EX_TEMPFAIL of sysexits.h: "I do not know."

// A command of the operator's, run each `every`, one at a time; no shell reads it.
//
//   exit 0                            ok
//   exit 75, or it cannot be started  unknown
//   anything else, or over `timeout`  its level and scope
//
// It is a process group (and session) of its own: at the timeout all of the group are killed, so
// that what it has started does not stay. The first of what it says, on standard error too, goes
// into the detail, made printable; the rest is read and forgotten.
//
// Threads: the loop's. Nothing waits.
class ExecCheck {
 public:
  ExecCheck(uv_loop_t& loop, const AnycastConfig::ExecCheck& config);
  ~ExecCheck();  // Kills what runs. The loop must turn until that has ended.
  ExecCheck(const ExecCheck&) = delete;
  ExecCheck& operator=(const ExecCheck&) = delete;

  void Tick(absl::Time now);  // Starts it if it is due.
  // A verdict that is older than 4 runs is none.
  Signal ToSignal(absl::Time now) const;

 private:
  class Run;  // One process, with its handles.

  void OnEnd(Level level, std::string detail);

  uv_loop_t& loop_;
  const AnycastConfig::ExecCheck config_;
  std::unique_ptr<Run> running_;
  absl::Time due_ = absl::InfinitePast();
  absl::Time began_at_;
  Level level_ = Level::kUnknown;
  std::string detail_ = "has not run yet";
  absl::Time judged_at_ = absl::InfinitePast();  // Of the run that it is of: when it began.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_EXEC_CHECK_H_
