#include "anycast/route/exec_backend.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/printable.h"

namespace hither {
namespace {

constexpr absl::Duration kRetryFirst = absl::Seconds(1);
constexpr absl::Duration kRetryMax = absl::Seconds(60);
constexpr size_t kOutputBytesMax = 16 * 1024;

absl::Duration RetryAfter(int failures) {
  return std::min(kRetryMax, kRetryFirst * (int64_t{1} << std::min(failures - 1, 6)));
}

std::string ToTextOr(const std::optional<State>& state) {
  return state ? std::string(ToText(*state)) : "UNKNOWN";
}

}  // namespace

ExecBackend::ExecBackend(uv_loop_t* loop, const AnycastConfig::Exec& config)
    : loop_(loop), config_(config) {}

// Who says nothing of SOFT or DRAIN leaves what is announced as it is; from DOWN it has to be
// announced first.
const std::vector<std::string>& ExecBackend::CommandFor(State state,
                                                        std::optional<State> done) const {
  const auto or_up = [&](const std::vector<std::string>& command) -> const auto& {
    return command.empty() && done.value_or(State::kDown) == State::kDown ? config_.up : command;
  };
  switch (state) {
    case State::kUp:
      return config_.up;
    case State::kSoft:
      return or_up(config_.soft);
    case State::kDrain:
      return or_up(config_.drain);
    case State::kDown:
      break;
  }
  return config_.down;
}

// `until` has no use here: a command cannot be taken back by silence.
void ExecBackend::Announce(const std::vector<Route>& routes, absl::Time now, absl::Time) {
  if (is_closing_) return;
  for (auto& [name, service] : services_) {
    for (auto& [prefix, place] : service.places) place.is_named = false;
  }
  for (const Route& route : routes) {
    Place& place = services_[route.service].places[route.prefix];
    place.wanted = route;
    place.is_named = true;
  }
  for (auto& [name, service] : services_) {
    ForgetOthers(service, routes);
    Advance(name, service, now);
  }
}

// What a reload has removed is to be down before it is forgotten; what it has given to another
// service is that one's.
void ExecBackend::ForgetOthers(Service& service, const std::vector<Route>& routes) {
  if (service.child != nullptr) return;
  absl::erase_if(service.places, [&routes](auto& entry) {
    auto& [prefix, place] = entry;
    if (place.is_named) return false;
    place.wanted.state = State::kDown;
    place.wanted.reason = "removed from the configuration";
    return place.done == State::kDown ||
           std::any_of(routes.begin(), routes.end(),
                       [&prefix = prefix](const Route& route) { return route.prefix == prefix; });
  });
}

void ExecBackend::Advance(const std::string& name, Service& service, absl::Time now) {
  if (service.child != nullptr) return;
  for (auto& [prefix, place] : service.places) {
    if (place.done == place.wanted.state) continue;
    // Only what failed waits: another state, DOWN above all, is not held up by it.
    if (now < service.next && place.wanted.state == service.running_state) continue;
    return Run(name, service, place);
  }
}

// For all prefixes that go the same way as the first.
void ExecBackend::Run(const std::string& name, Service& service, const Place& first) {
  service.running.clear();
  service.running_state = first.wanted.state;
  std::vector<std::string> prefixes;
  for (const auto& [prefix, place] : service.places) {
    if (place.wanted.state != first.wanted.state || place.done != first.done) continue;
    service.running.push_back(prefix);
    prefixes.push_back(prefix.ToText());
  }
  const std::string state(ToText(first.wanted.state));
  if (service.failures == 0) {
    Log(LogLevel::kInfo, "exec: service ", name, ": ", ToTextOr(first.done), " to ", state);
  }
  ChildProcess::Options options;
  options.command = CommandFor(first.wanted.state, first.done);
  options.timeout = config_.timeout;
  options.output_bytes_max = kOutputBytesMax;
  options.with_errors = true;
  options.environment = {absl::StrCat("HITHER_SERVICE=", name),
                         absl::StrCat("HITHER_STATE=", state),
                         absl::StrCat("HITHER_PREVIOUS_STATE=", ToTextOr(first.done)),
                         absl::StrCat("HITHER_PREFIXES=", absl::StrJoin(prefixes, " ")),
                         absl::StrCat("HITHER_REASON=", Printable(first.wanted.reason))};
  if (options.command.empty()) return OnDone(name, {});  // Nothing to do for this state.
  service.child = ChildProcess::Start(
      loop_, std::move(options),
      [this, name](const ChildProcess::Result& result) { OnDone(name, result); });
}

void ExecBackend::OnDone(const std::string& name, const ChildProcess::Result& result) {
  Service& service = services_.at(name);
  service.child.reset();
  const absl::Time now = MonotonicNow();
  if (result.status.ok()) {
    if (service.fault.Ended(now)) {
      Log(LogLevel::kInfo, "exec: service ", name, ": its commands succeed again");
    }
    service.failures = 0;
    service.error.clear();
    service.next = now;
    for (const Prefix& prefix : service.running) {
      service.places[prefix].done = service.running_state;
    }
    return Advance(name, service, now);
  }
  const absl::Duration retry = RetryAfter(++service.failures);
  service.next = now + retry;
  service.error =
      absl::StrCat("the command for ", ToText(service.running_state), " ", result.status.message(),
                   ": ", PrintableStart(result.output));
  // What it did before it failed is not known.
  for (const Prefix& prefix : service.running) service.places[prefix].done.reset();
  if (service.fault.Holds(service.error, now)) {
    Log(LogLevel::kError, "exec: service ", name, ": ", service.error, "; again in ",
        absl::FormatDuration(retry), service.fault.Note(now));
  }
  if (is_closing_) Advance(name, service, now);  // No tick comes any more, and `down` may be due.
}

Observation ExecBackend::Observe() const {
  Observation observation;
  for (const auto& [name, service] : services_) {
    for (const auto& [prefix, place] : service.places) {
      Observation::Seen seen;
      seen.prefix = prefix;
      seen.where = "exec";
      seen.state = place.done;
      if (place.done) {
        seen.kind = *place.done == State::kDown ? Observation::Kind::kAbsent
                                                : Observation::Kind::kAnnounced;
      } else {
        seen.detail = service.error.empty() ? "the command has not ended yet" : service.error;
      }
      observation.seen.push_back(std::move(seen));
    }
  }
  return observation;
}

void ExecBackend::Close(absl::string_view reason) {
  if (is_closing_) return;
  is_closing_ = true;
  for (auto& [name, service] : services_) {
    for (auto& [prefix, place] : service.places) {
      place.wanted.state = State::kDown;
      place.wanted.reason = std::string(reason);
    }
    service.failures = 0;
    Advance(name, service, absl::InfiniteFuture());
  }
}

absl::Duration ExecBackend::close_max() const { return 2 * config_.timeout + absl::Seconds(1); }

// A `down` that fails is told of in the log; nobody waits for a second try.
bool ExecBackend::IsIdle() const {
  return is_closing_ && std::all_of(services_.begin(), services_.end(), [](const auto& entry) {
           return entry.second.child == nullptr;
         });
}

}  // namespace hither
