// The sidecar's view as JSON: GET /status. Durations are in seconds, times RFC 3339 in UTC.

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "anycast/pages.h"

namespace hither {
namespace {

using Json = nlohmann::ordered_json;

// Invalid UTF-8 in foreign text must not break the page.
std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string TimeText(const SidecarView& view, absl::Time at) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", view.Wall(at), absl::UTCTimeZone());
}

std::string Text(absl::string_view text) { return std::string(text); }

Json FleetJson(const FleetView& fleet) {
  return {{"asked", fleet.is_asked},
          {"known", fleet.is_known},
          {"nodes", fleet.nodes},
          {"others_announcing", fleet.others_announcing},
          {"others_withdrawn", fleet.others_withdrawn},
          {"others_unknown", fleet.others_unknown},
          {"others_absent", fleet.others_absent},
          {"max_withdrawn", fleet.max_withdrawn}};
}

Json FamilyJson(const SidecarView& view, const SidecarView::FamilyView& family) {
  const Verdict& verdict = family.verdict;
  return {{"family", family.is_v6 ? "ipv6" : "ipv4"},
          {"prefixes", family.prefixes},
          {"state", Text(ToText(verdict.state))},
          {"announced", family.announced ? Json(*family.announced) : Json()},
          {"rule", verdict.rule},
          {"reason", verdict.reason},
          {"since", TimeText(view, verdict.since)},
          {"wants_to_withdraw", verdict.wants_to_withdraw},
          {"withdrawals", family.withdrawals},
          {"fleet", FleetJson(family.fleet)},
          {"notes", family.notes}};
}

Json SignalJson(const Signal& signal) {
  return {{"name", signal.name},
          {"level", Text(ToText(signal.level))},
          {"scope", Text(ToText(signal.scope))},
          {"families", Text(ToText(signal.families))},
          {"certain", signal.is_certain},
          {"detail", signal.detail}};
}

Json ServiceJson(const SidecarView& view, const SidecarView::ServiceView& service) {
  Json json = {{"name", service.name},
               {"drain", service.intent.drain},
               {"drained", service.is_drained},
               {"families", Json::array()},
               {"signals", Json::array()}};
  if (service.intent.frozen_until > view.now) {
    json["frozen_until"] = TimeText(view, service.intent.frozen_until);
  }
  if (service.queries_per_second) json["queries_per_second"] = *service.queries_per_second;
  for (const auto& family : service.families) json["families"].push_back(FamilyJson(view, family));
  for (const Signal& signal : service.signals) json["signals"].push_back(SignalJson(signal));
  return json;
}

Json SessionJson(const SidecarView& view, const Observation::Session& session) {
  return {{"neighbor", session.neighbor},
          {"state", session.state},
          {"since", TimeText(view, session.since)},
          {"last_error", session.last_error},
          {"resets", session.resets},
          {"rejected", session.rejected},
          {"description", session.description},
          {"router_id", session.identifier},
          {"warnings", session.warnings}};
}

Json SeenJson(const Observation::Seen& seen) {
  constexpr const char* kKinds[] = {"announced", "absent", "unknown"};
  Json json = {{"prefix", seen.prefix.ToText()},
               {"where", seen.where},
               {"kind", kKinds[static_cast<size_t>(seen.kind)]}};
  if (seen.state) json["state"] = Text(ToText(*seen.state));
  if (!seen.detail.empty()) json["detail"] = seen.detail;
  return json;
}

}  // namespace

std::string StatusJson(const SidecarView& view, absl::Time asked) {
  Json json = {{"version", view.version},
               {"node", view.node},
               {"site", view.site},
               {"pid", view.pid},
               {"started_at", TimeText(view, view.started_at)},
               {"lease_age_seconds", absl::ToDoubleSeconds(asked - view.now)},
               {"lease_seconds", absl::ToDoubleSeconds(view.lease)},
               {"withdrawals_max", view.withdrawals_max},
               {"state_failure", view.state_failure},
               {"backends", view.backends},
               {"endpoints", Json::array()},
               {"services", Json::array()},
               {"sessions", Json::array()},
               {"seen", Json::array()},
               {"mismatches", Json::array()},
               {"mismatches_total", view.mismatches_total}};
  for (const auto& one : view.endpoints) {
    json["endpoints"].push_back({{"key", one.key}, {"address", one.address}, {"error", one.error}});
  }
  for (const auto& service : view.services) json["services"].push_back(ServiceJson(view, service));
  for (const auto& session : view.sessions) json["sessions"].push_back(SessionJson(view, session));
  for (const auto& seen : view.seen) json["seen"].push_back(SeenJson(seen));
  json["clones"] = view.clones;
  json["peers"] = Json::array();
  for (const auto& peer : view.peers) {
    json["peers"].push_back({{"name", peer.name},
                             {"address", peer.address},
                             {"reachable", peer.is_reachable},
                             {"error", peer.error}});
  }
  for (const auto& mismatch : view.mismatches) {
    json["mismatches"].push_back({{"prefix", mismatch.prefix},
                                  {"where", mismatch.where},
                                  {"text", mismatch.text},
                                  {"since", TimeText(view, mismatch.since)}});
  }
  return Dump(json);
}

}  // namespace hither
