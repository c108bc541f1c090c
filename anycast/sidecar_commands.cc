// What operators ask the sidecar for: pages, and the commands of `hither`.

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anycast/pages.h"
#include "anycast/reload_losses.h"
#include "anycast/sidecar.h"
#include "anycast/signals/page_seal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/within_memory.h"
#include "daemon/config/router_id.h"

namespace hither {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(5);
constexpr int kConflict = 409;  // The state of the fleet or of the configuration forbids it.

std::string Parameter(const AdminParameters& parameters, absl::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return "";
}

AdminAnswer Bad(absl::string_view what) { return {400, absl::StrCat(what, "\n"), false}; }

}  // namespace

AdminAnswer Sidecar::OnLoop(std::function<AdminAnswer()> work) {
  const std::optional<AdminAnswer> answer = calls_.Call<AdminAnswer>(std::move(work), kCallTimeout);
  if (answer.has_value()) return *answer;
  return {503, "the sidecar's loop does not answer; it is ending, or it hangs\n", false};
}

AdminHandlers Sidecar::AdminPages() {
  const auto action = [this](const char* name) {
    return AdminAction{
        "POST", absl::StrCat("/", name), [this, name](const AdminParameters& parameters) {
          AdminAnswer answer = OnLoop([=, this] { return Command(name, parameters); });
          // Who is told that it is drained may count on it after a restart.
          if (!disk_.WaitIdle(kCallTimeout)) answer.text += "not on the disk yet: it is slow\n";
          if (const std::string why = keeper_.Failure(); !why.empty()) {
            absl::StrAppend(&answer.text, "NOT kept over a restart: ", why, "\n");
          }
          return answer;
        }};
  };
  AdminHandlers handlers = PeerPages();
  handlers.more.push_back({"GET", "/explain", [this](const AdminParameters&) {
                             return AdminAnswer{200, ExplainText(*CurrentView(), MonotonicNow())};
                           }});
  for (const char* name : {"drain", "undrain", "freeze"}) handlers.more.push_back(action(name));
  handlers.more.push_back({"POST", "/reload", [this](const AdminParameters& parameters) {
                             return Reload({Parameter(parameters, "confirm") == "1",
                                            Parameter(parameters, "dry_run") == "1"});
                           }});
  return handlers;
}

AdminHandlers Sidecar::PeerPages() {
  AdminHandlers handlers;
  handlers.metrics = [this] { return MetricsPage(*CurrentView(), MonotonicNow()); };
  handlers.health = [this] { return HealthOf(*CurrentView(), MonotonicNow()); };
  handlers.status = [this] { return StatusJson(*CurrentView(), MonotonicNow()); };
  handlers.more.push_back({"GET", "/status.txt", [this](const AdminParameters&) {
                             return AdminAnswer{200, StatusText(*CurrentView(), MonotonicNow())};
                           }});
  handlers.more.push_back(
      {"GET", "/peer",
       [this](const AdminParameters& parameters) { return PeerPageAnswer(parameters); },
       /*is_ready=*/true});
  return handlers;
}

// What a loop that hangs wrote last would go on being believed.
AdminAnswer Sidecar::PeerPageAnswer(const AdminParameters& parameters) const {
  if (auto health = HealthOf(*CurrentView(), MonotonicNow()); !health.ok()) {
    return {503, absl::StrCat(health.message(), "\n"), false};
  }
  const std::string nonce = Parameter(parameters, "nonce");
  MutexLock lock(mu_);
  if (peer_key_.empty() || !IsNonce(nonce)) return {200, peer_page_, true};
  return {200, SealPage(peer_page_, nonce, peer_key_), true};
}

AdminAnswer Sidecar::Command(absl::string_view what, const AdminParameters& parameters) {
  const absl::Time now = MonotonicNow();
  const std::string name = Parameter(parameters, "service");
  std::vector<Service*> services;
  std::vector<std::string> names;
  for (Service& service : services_) {
    names.push_back(service.name());
    if (name.empty() || service.name() == name) services.push_back(&service);
  }
  if (services.empty()) {
    return Bad(
        absl::StrCat("there is no service '", name, "'; there are: ", absl::StrJoin(names, ", ")));
  }
  if (stop_ != Stop::kNo) return {kConflict, "the sidecar is ending\n", false};
  const AdminAnswer answer = Obey(what, services, parameters, now);
  hither::Log(LogLevel::kInfo, "operator: ", what, " ", name.empty() ? "all services" : name,
              answer.code == 200 ? "" : ": refused");
  return answer;
}

AdminAnswer Sidecar::Obey(absl::string_view what, const std::vector<Service*>& services,
                          const AdminParameters& parameters, absl::Time now) {
  if (what == "drain") {
    return DrainServices(services, Parameter(parameters, "confirm") == "1", now);
  }
  if (what == "undrain") {
    for (Service* service : services) service->Undrain(now);
    KeepState(now);
    return {
        200,
        "undrained, and withdrawals of before are forgotten; announced again once it is seen to "
        "answer well\n",
        false};
  }
  int seconds = -1;
  if (!absl::SimpleAtoi(Parameter(parameters, "seconds"), &seconds) || seconds < 0 ||
      seconds > 86'400) {
    return Bad("seconds= is missing or not from 0 to 86400");
  }
  for (Service* service : services) service->FreezeUntil(now + absl::Seconds(seconds));
  KeepState(now);
  return {200, seconds == 0 ? "no longer frozen\n" : absl::StrCat("frozen for ", seconds, "s\n"),
          false};
}

AdminAnswer Sidecar::DrainServices(const std::vector<Service*>& services, bool is_confirmed,
                                   absl::Time now) {
  for (const Service* service : services) {
    if (is_confirmed || !service->IsAnnounced() || config_.anycast.peers.nodes.empty()) continue;
    const std::optional<bool> another = service->AnotherAnnounces();
    if (another == true) continue;
    return {kConflict,
            absl::StrCat(another.has_value() ? "no other node announces service "
                                             : "no peer is known to announce service ",
                         service->name(), another.has_value() ? "" : ", and too few answer",
                         ": its queries might go nowhere; --confirm drains it all the same\n"),
            false};
  }
  for (Service* service : services) service->Drain(now);
  KeepState(now);
  return {200, "draining; withdrawn when traffic has gone (see hither status)\n", false};
}

AdminAnswer Sidecar::Reload(ReloadWish wish) {
  AdminAnswer answer;
  const absl::Status enough = WithinMemory("reload", [&] { answer = ReadAndReload(wish); });
  if (enough.ok()) return answer;
  hither::Log(LogLevel::kError, "reload refused: ", enough.message());
  return {500, absl::StrCat(enough.message(), "\n"), false};
}

AdminAnswer Sidecar::ReadAndReload(ReloadWish wish) {
  // Not on the loop: a long list of zones takes longer to read than the lease.
  const absl::StatusOr<Config> config = BuildSidecarConfig(options_);
  if (!config.ok()) {
    hither::Log(LogLevel::kError, "reload refused: ", config.status().message());
    return {500, absl::StrCat(config.status().message(), "\n"), false};
  }
  return OnLoop([=, this] { return ReloadTo(*config, wish); });
}

// What is announced or drained now and would be no more, a line each.
std::string Sidecar::WithdrawnBy(const Config& config, bool& needs_confirm) const {
  const ReloadLosses losses = LossesBy(config.anycast, services_);
  bool is_announced = false;
  for (const Service& service : services_) is_announced |= service.IsAnnounced();
  const bool ends_all =
      losses.withdraws_all || (is_announced && announcer_->EndsAll(config.anycast));
  std::vector<std::string> lines = losses.lines;
  for (std::string& line : announcer_->EndedBy(config.anycast)) lines.push_back(std::move(line));
  if (ends_all) lines.push_back("leaves nothing announced, if only for a moment");
  needs_confirm = ends_all || losses.forgets_drain;
  lines.push_back("");
  return absl::StrJoin(lines, "\n");
}

// What a running sidecar cannot change stays as it is, and is told.
Config Sidecar::WithoutRestart(Config config, std::string& lines) const {
  std::vector<absl::string_view> keys;
  const std::string asked_name = NodeName(config);
  const auto keep = [&keys](absl::string_view key, const auto& ours, auto& theirs, bool is_same) {
    if (is_same) return;
    keys.push_back(key);
    theirs = ours;
  };
  const Config::Identity& identity = config_.identity;
  keep("identity", identity, config.identity,
       identity.site == config.identity.site && identity.node == config.identity.node &&
           identity.nsid_template == config.identity.nsid_template);
  // A router ID that was made from the former name stays with it.
  if (auto& bgp = config.anycast.bgp; bgp && bgp->router_id == RouterIdOf(asked_name)) {
    bgp->router_id = RouterIdOf(NodeName(config));
  }
  keep("anycast.admin", config_.anycast.admin_text, config.anycast.admin_text,
       config_.anycast.admin_text == config.anycast.admin_text);
  keep("anycast.peers.listen", config_.anycast.peers.listen, config.anycast.peers.listen,
       config_.anycast.peers.listen == config.anycast.peers.listen);
  keep("anycast.peers.hosts", config_.anycast.peers.hosts, config.anycast.peers.hosts,
       config_.anycast.peers.hosts == config.anycast.peers.hosts);
  keep("log", config_.log, config.log, config_.log.level == config.log.level);
  if (!keys.empty()) {
    absl::StrAppend(&lines, "unchanged until a restart: ", absl::StrJoin(keys, ", "), "\n");
  }
  return config;
}

AdminAnswer Sidecar::ReloadTo(const Config& asked, ReloadWish wish) {
  if (stop_ != Stop::kNo) return {kConflict, "the sidecar is ending\n", false};
  bool needs_confirm = false;
  std::string lines;
  const Config config = WithoutRestart(asked, lines);
  lines += WithdrawnBy(config, needs_confirm);
  if (wish.dry_run) {
    return {200, lines.empty() ? "nothing would be withdrawn\n" : lines, false};
  }
  if (needs_confirm && !wish.confirm) {
    hither::Log(LogLevel::kError, "reload refused without --confirm: ", lines);
    return {kConflict,
            absl::StrCat(lines,
                         "refused; hither reload --anycast ADDRESS --confirm makes it so all the "
                         "same\n"),
            false};
  }
  const absl::Status applied = Apply(config, MonotonicNow());
  if (!applied.ok()) return {500, absl::StrCat(applied.message(), "\n"), false};
  hither::Log(LogLevel::kInfo, "reloaded", lines.empty() ? "" : ": ", lines);
  return {200, absl::StrCat(lines, "reloaded\n"), false};
}

}  // namespace hither
