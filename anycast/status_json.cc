// The sidecar's view as JSON: GET /status. Durations are in seconds, times RFC 3339 in UTC.

#include "anycast/pages.h"
#include "base/json_writer.h"

namespace hither {
namespace {

std::string TimeText(const SidecarView& view, absl::Time at) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", view.Wall(at), absl::UTCTimeZone());
}

JsonObject FleetJson(const FleetView& fleet) {
  return {{"asked", fleet.is_asked},
          {"known", fleet.is_known},
          {"nodes", fleet.nodes},
          {"others_announcing", fleet.others_announcing},
          {"others_withdrawn", fleet.others_withdrawn},
          {"others_unknown", fleet.others_unknown},
          {"others_absent", fleet.others_absent},
          {"max_withdrawn", fleet.max_withdrawn}};
}

JsonObject FamilyJson(const SidecarView& view, const SidecarView::FamilyView& family) {
  const Verdict& verdict = family.verdict;
  return {{"family", std::string(WordOf(family.family))},
          {"prefixes", family.prefixes},
          {"state", ToText(verdict.state)},
          {"announced", family.announced},
          {"rule", verdict.rule},
          {"reason", verdict.reason},
          {"since", TimeText(view, verdict.since)},
          {"wants_to_withdraw", verdict.wants_to_withdraw},
          {"withdrawals", family.withdrawals},
          {"fleet", FleetJson(family.fleet)},
          {"notes", family.notes}};
}

JsonObject SignalJson(const Signal& signal) {
  return {{"name", signal.name},           {"level", ToText(signal.level)},
          {"scope", ToText(signal.scope)}, {"families", ToText(signal.families)},
          {"certain", signal.is_certain},  {"detail", signal.detail}};
}

JsonObject ServiceJson(const SidecarView& view, const SidecarView::ServiceView& service) {
  JsonArray families;
  for (const auto& family : service.families) families.Add(FamilyJson(view, family));
  JsonArray signals;
  for (const Signal& signal : service.signals) signals.Add(SignalJson(signal));
  JsonObject json({{"name", service.name},
                   {"drain", service.intent.drain},
                   {"drained", service.is_drained},
                   {"families", std::move(families)},
                   {"signals", std::move(signals)}});
  if (service.intent.frozen_until > view.now) {
    json.Add("frozen_until", TimeText(view, service.intent.frozen_until));
  }
  if (service.queries_per_second) json.Add("queries_per_second", *service.queries_per_second);
  return json;
}

JsonObject SessionJson(const SidecarView& view, const Observation::Session& session) {
  return {{"neighbor", session.neighbor},           {"state", session.state},
          {"since", TimeText(view, session.since)}, {"last_error", session.last_error},
          {"last_reason", session.last_reason},     {"resets", session.resets},
          {"rejected", session.rejected},           {"description", session.description},
          {"router_id", session.identifier},        {"warnings", session.warnings}};
}

JsonObject SeenJson(const Observation::Seen& seen) {
  constexpr const char* kKinds[] = {"announced", "absent", "unknown"};
  JsonObject json({{"prefix", seen.prefix.ToText()},
                   {"where", seen.where},
                   {"kind", kKinds[static_cast<size_t>(seen.kind)]}});
  if (seen.state) json.Add("state", ToText(*seen.state));
  if (!seen.detail.empty()) json.Add("detail", seen.detail);
  return json;
}

JsonObject EndpointJson(const EndpointState& one) {
  return {{"key", one.key}, {"address", one.address}, {"error", one.error}};
}

JsonObject PeerJson(const SidecarView::Peer& peer) {
  return {{"name", peer.name},
          {"address", peer.address},
          {"reachable", peer.is_reachable},
          {"fault", WordOf(peer.fault)},
          {"error", peer.error}};
}

JsonObject MismatchJson(const SidecarView& view, const SidecarView::Mismatch& mismatch) {
  return {{"prefix", mismatch.prefix},
          {"where", mismatch.where},
          {"text", mismatch.text},
          {"since", TimeText(view, mismatch.since)}};
}

JsonObject ReadbackJson(const SidecarView::Readback& readback) {
  return {{"daemon", readback.name}, {"ok", readback.is_ok}, {"error", readback.error}};
}

template <typename List, typename Write>
JsonArray Each(const List& list, Write write) {
  JsonArray json;
  for (const auto& one : list) json.Add(write(one));
  return json;
}

}  // namespace

std::string StatusJson(const SidecarView& view, absl::Time asked) {
  const auto service = [&](const auto& one) { return ServiceJson(view, one); };
  const auto session = [&](const auto& one) { return SessionJson(view, one); };
  const auto mismatch = [&](const auto& one) { return MismatchJson(view, one); };
  const JsonValue json = JsonObject({{"version", view.version},
                                     {"node", view.node},
                                     {"site", view.site},
                                     {"pid", view.pid},
                                     {"started_at", TimeText(view, view.started_at)},
                                     {"lease_age_seconds", absl::ToDoubleSeconds(asked - view.now)},
                                     {"lease_seconds", absl::ToDoubleSeconds(view.lease)},
                                     {"withdrawals_max", view.withdrawals_max},
                                     {"state_failure", view.state_failure},
                                     {"backends", view.backends},
                                     {"endpoints", Each(view.endpoints, EndpointJson)},
                                     {"services", Each(view.services, service)},
                                     {"sessions", Each(view.sessions, session)},
                                     {"seen", Each(view.seen, SeenJson)},
                                     {"readbacks", Each(view.readbacks, ReadbackJson)},
                                     {"mismatches", Each(view.mismatches, mismatch)},
                                     {"mismatches_total", view.mismatches_total},
                                     {"clones", view.clones},
                                     {"peers", Each(view.peers, PeerJson)}});
  return json.Indented(2) + "\n";
}

}  // namespace hither
