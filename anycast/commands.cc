#include "anycast/commands.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anycast/reload_losses.h"
#include "base/log.h"

namespace hither {
namespace {

constexpr int kConflict = 409;  // The state of the fleet or of the configuration forbids it.

AdminAnswer Done(std::string text) { return {.text = std::move(text)}; }
AdminAnswer Bad(absl::string_view what) { return {.code = 400, .text = absl::StrCat(what, "\n")}; }
AdminAnswer Conflict(std::string text) { return {.code = kConflict, .text = std::move(text)}; }

bool IsAnyAnnounced(std::span<const Service> services, IpFamily family) {
  std::vector<Route> routes;
  for (const Service& service : services) service.AddRoutes(routes);
  return std::ranges::any_of(routes, [family](const Route& route) {
    return route.prefix.family == family && route.state != State::kDown;
  });
}

}  // namespace

AdminAnswer Commands::Run(absl::string_view name, const AdminParameters& parameters,
                          absl::Time now) {
  const std::string service_name = Parameter(parameters, "service");
  Services services;
  std::vector<std::string> names;
  for (Service& service : target_.services()) {
    names.push_back(service.name());
    if (service_name.empty() || service.name() == service_name) services.push_back(&service);
  }
  if (services.empty()) {
    return Bad(absl::StrCat("there is no service '", service_name,
                            "'; there are: ", absl::StrJoin(names, ", ")));
  }
  if (target_.IsEnding()) return Conflict("the sidecar is ending\n");
  AdminAnswer answer = Obey(name, services, parameters, now);
  Log(LogLevel::kInfo, "operator: ", name, " ",
      service_name.empty() ? "all services" : service_name, answer.code == 200 ? "" : ": refused");
  return answer;
}

AdminAnswer Commands::Obey(absl::string_view name, const Services& services,
                           const AdminParameters& parameters, absl::Time now) {
  if (name == "drain") return Drain(services, Parameter(parameters, "confirm") == "1", now);
  if (name == "undrain") return Undrain(services, now);
  if (name == "freeze") return Freeze(services, Parameter(parameters, "seconds"), now);
  return Bad(absl::StrCat("unknown command '", name, "'; known: ", absl::StrJoin(kNames, ", ")));
}

AdminAnswer Commands::Drain(const Services& services, bool is_confirmed, absl::Time now) {
  const bool has_peers = !target_.config().anycast.peers.nodes.empty();
  for (const Service* service : services) {
    if (is_confirmed || !service->IsAnnounced() || !has_peers) continue;
    const std::optional<bool> another = service->AnotherAnnounces();
    if (another == true) continue;
    return Conflict(absl::StrCat(another.has_value() ? "no other node announces service "
                                                     : "no peer is known to announce service ",
                                 service->name(), another.has_value() ? "" : ", and too few answer",
                                 ": its queries might go nowhere; --confirm drains it all the "
                                 "same\n"));
  }
  for (Service* service : services) service->Drain(now);
  target_.KeepState(now);
  return Done("draining; withdrawn when traffic has gone (see hither status)\n");
}

AdminAnswer Commands::Undrain(const Services& services, absl::Time now) {
  for (Service* service : services) service->Undrain(now);
  target_.KeepState(now);
  return Done(
      "no longer drained, and earlier withdrawals are forgotten; announced once it is seen to "
      "answer well\n");
}

AdminAnswer Commands::Freeze(const Services& services, absl::string_view seconds, absl::Time now) {
  int number = -1;
  if (!absl::SimpleAtoi(seconds, &number) || number < 0 || number > 86'400) {
    return Bad("seconds= is missing or not from 0 to 86400");
  }
  for (Service* service : services) service->FreezeUntil(now + absl::Seconds(number));
  target_.KeepState(now);
  return Done(number == 0 ? "no longer frozen\n" : absl::StrCat("frozen for ", number, "s\n"));
}

// A line for each thing that is announced or drained now and would no longer be.
std::vector<std::string> Commands::LostBy(const Config& next, bool& needs_confirm) const {
  const std::span<const Service> services = target_.services();
  ReloadLosses losses = LossesBy(target_.config().anycast, next.anycast, services);
  const bool is_announced = std::ranges::any_of(services, &Service::IsAnnounced);
  const bool ends_all = losses.withdraws_all || (is_announced && target_.EndsAll(next.anycast));
  std::vector<std::string> lines = std::move(losses.lines);
  for (std::string& line : target_.EndedBy(next.anycast)) lines.push_back(std::move(line));
  bool ends_family = false;
  if (ends_all) {
    lines.push_back("leaves nothing announced, if only for a moment");
  } else if (!losses.withdraws_family) {
    for (const IpFamily family : kIpFamilies) {
      if (!IsAnyAnnounced(services, family) || !target_.EndsAllOf(family, next.anycast)) continue;
      ends_family = true;
      lines.push_back(
          absl::StrCat("leaves nothing announced over ", NameOf(family), ", if only for a moment"));
    }
  }
  needs_confirm = ends_all || ends_family || losses.withdraws_family || losses.forgets_drain;
  return lines;
}

AdminAnswer Commands::Reload(const Config& asked, ReloadWish wish, absl::Time now) {
  if (target_.IsEnding()) return Conflict("the sidecar is ending\n");
  Config next = asked;
  std::string text;
  if (const std::vector<std::string> keys = KeepUntilRestart(target_.config(), next);
      !keys.empty()) {
    absl::StrAppend(&text, "unchanged until a restart: ", absl::StrJoin(keys, ", "), "\n");
  }
  bool needs_confirm = false;
  for (const std::string& line : LostBy(next, needs_confirm)) absl::StrAppend(&text, line, "\n");
  if (wish.dry_run) return Done(text.empty() ? "nothing would be withdrawn\n" : text);
  if (needs_confirm && !wish.confirm) {
    Log(LogLevel::kError, "reload refused without --confirm: ", text);
    return Conflict(absl::StrCat(
        text, "refused; hither reload --anycast ADDRESS --confirm makes it so all the same\n"));
  }
  const absl::Status applied = target_.Apply(next, now);
  if (!applied.ok()) return {.code = 500, .text = absl::StrCat(applied.message(), "\n")};
  Log(LogLevel::kInfo, "reloaded", text.empty() ? "" : ": ", text);
  return Done(absl::StrCat(text, "reloaded\n"));
}

}  // namespace hither
