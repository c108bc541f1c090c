// A BgpSpeaker without signals and policy, for tests with real routers:
//
//   bgp_lab '{"local_as": 65001, "neighbors": [{"address": "10.0.0.1", "as": 65002}],
//             "prefixes": ["192.0.2.0/24"], "soft": {"prepend": 2}}'
//
// Each line of standard input is a command: "up", "soft", "drain", "down"; "observe" prints one
// line of JSON; "hang" renews the lease no more; "stop TEXT" closes the sessions and ends.

#include <unistd.h>
#include <uv.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/strip.h"
#include "anycast/bgp/bgp_speaker.h"
#include "base/check.h"
#include "base/clock.h"
#include "daemon/config/router_id.h"
#include "nlohmann/json.hpp"

namespace hither {
namespace {

using nlohmann::json;

SocketAddress Address(const json& text, uint16_t port) {
  const auto address = SocketAddress::FromText(text.get<std::string>(), port);
  HITHER_CHECK(address.ok());
  return *address;
}

std::optional<SocketAddress> MaybeAddress(const json& of, const char* key) {
  if (!of.contains(key)) return std::nullopt;
  return Address(of[key], 0);
}

RouteAttributes Attributes(const json& from) {
  RouteAttributes attributes;
  if (from.contains("med")) attributes.med = from["med"].get<uint32_t>();
  if (from.contains("local_pref")) attributes.local_pref = from["local_pref"].get<uint32_t>();
  attributes.prepend = from.value("prepend", 0);
  attributes.communities = from.value("communities", std::vector<uint32_t>());
  for (const json& each : from.value("large_communities", json::array())) {
    attributes.large_communities.push_back({each[0], each[1], each[2]});
  }
  return attributes;
}

AnycastConfig::Neighbor Neighbor(const json& from) {
  AnycastConfig::Neighbor neighbor;
  neighbor.address = Address(from["address"], kBgpPort);
  neighbor.as = from["as"];
  neighbor.local_address = MaybeAddress(from, "local_address");
  neighbor.password = from.value("password", "");
  neighbor.ttl_security = from.value("ttl_security", false);
  neighbor.multihop = from.value("multihop", 0);
  neighbor.ipv4 = from.value("ipv4", true);
  neighbor.ipv6 = from.value("ipv6", true);
  neighbor.next_hop_v4 = MaybeAddress(from, "next_hop_v4");
  neighbor.next_hop_v6 = MaybeAddress(from, "next_hop_v6");
  neighbor.hold_time = absl::Seconds(from.value("hold_time", 3));
  if (from.contains("role")) neighbor.role = static_cast<BgpRole>(from["role"].get<int>());
  neighbor.role_strict = from.value("role_strict", false);
  neighbor.device = from.value("device", "");
  neighbor.attributes = Attributes(from.value("attributes", json::object()));
  for (const json& each : from.value("prefixes", json::array())) {
    neighbor.prefixes.push_back(*Prefix::FromText(each.get<std::string>()));
  }
  return neighbor;
}

constexpr std::pair<State, const char*> kStates[] = {
    {State::kUp, "up"}, {State::kSoft, "soft"}, {State::kDrain, "drain"}, {State::kDown, "down"}};

std::string NameOf(State state) {
  for (const auto& [each, name] : kStates) {
    if (each == state) return name;
  }
  return "";
}

class Lab {
 public:
  Lab(uv_loop_t* loop, const json& config) : config_(config) {
    AnycastConfig anycast;
    AnycastConfig::Bgp& bgp = anycast.bgp.emplace();
    bgp.local_as = config["local_as"];
    bgp.router_id = config.value("router_id", RouterIdOf("lab"));
    for (const json& each : config["neighbors"]) bgp.neighbors.push_back(Neighbor(each));
    AnycastConfig::Service& service = anycast.services.emplace_back();
    for (const json& each : config["prefixes"]) {
      service.prefixes.push_back(*Prefix::FromText(each.get<std::string>()));
    }
    speaker_ = std::make_unique<BgpSpeaker>(loop, anycast);
    uv_timer_init(loop, &tick_);
    tick_.data = this;
    uv_timer_start(
        &tick_, [](uv_timer_t* t) { static_cast<Lab*>(t->data)->Tick(); }, 0, 100);
    HITHER_CHECK(uv_poll_init(loop, &input_, STDIN_FILENO) == 0);
    input_.data = this;
    uv_poll_start(&input_, UV_READABLE,
                  [](uv_poll_t* p, int, int) { static_cast<Lab*>(p->data)->Read(); });
  }

 private:
  void Tick() {
    if (!is_stopped_ && !hangs_) Announce();
    if (is_stopped_ && speaker_->IsIdle()) End();
  }

  // Nothing is left to the loop, so it ends; and a leak checker finds nothing.
  void End() {
    speaker_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&tick_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&input_), nullptr);
  }

  void Announce() {
    std::vector<Route> routes;
    const std::string tier = NameOf(state_);
    for (const json& each : config_["prefixes"]) {
      Route route;
      route.prefix = *Prefix::FromText(each.get<std::string>());
      route.state = state_;
      if (state_ != State::kDown && config_.contains(tier)) {
        route.attributes = Attributes(config_[tier]);
      }
      routes.push_back(route);
    }
    const absl::Time now = MonotonicNow();
    speaker_->Announce(routes, now, now + absl::Seconds(2));
  }

  void Read() {
    char buffer[4096];
    const ssize_t size = read(STDIN_FILENO, buffer, sizeof buffer);
    if (size <= 0) return Stop("standard input was closed");
    input_text_.append(buffer, static_cast<size_t>(size));
    for (size_t end; (end = input_text_.find('\n')) != std::string::npos;) {
      const std::string line = input_text_.substr(0, end);
      input_text_.erase(0, end + 1);
      OnCommand(line);
    }
  }

  void OnCommand(absl::string_view line) {
    for (const auto& [state, name] : kStates) {
      if (line != name) continue;
      state_ = state;
      return Announce();
    }
    if (line == "hang") hangs_ = true;
    if (line == "renew") hangs_ = false;
    if (line == "observe") Print();
    if (absl::ConsumePrefix(&line, "stop")) Stop(absl::StripPrefix(line, " "));
  }

  void Stop(absl::string_view why) {
    if (std::exchange(is_stopped_, true)) return;
    uv_poll_stop(&input_);
    speaker_->Close(why);
  }

  void Print() {
    const Observation observation = speaker_->Observe();
    json out = {{"seen", json::array()}, {"sessions", json::array()}};
    for (const auto& seen : observation.seen) {
      out["seen"].push_back({{"prefix", seen.prefix.ToText()},
                             {"where", seen.where},
                             {"announced", seen.kind == Observation::Kind::kAnnounced},
                             {"state", seen.state ? NameOf(*seen.state) : ""},
                             {"detail", seen.detail}});
    }
    for (const auto& session : observation.sessions) {
      out["sessions"].push_back({{"neighbor", session.neighbor},
                                 {"state", session.state},
                                 {"last_error", session.last_error},
                                 {"resets", session.resets},
                                 {"rejected", session.rejected}});
    }
    const BgpSession::Counters counters = speaker_->counters();
    out["updates_received"] = counters.updates_received;
    out["malformed_updates"] = counters.malformed_updates;
    std::printf("%s\n", out.dump().c_str());
    std::fflush(stdout);
  }

  const json config_;
  std::unique_ptr<BgpSpeaker> speaker_;
  uv_timer_t tick_;
  uv_poll_t input_;
  std::string input_text_;
  State state_ = State::kUp;
  bool hangs_ = false;
  bool is_stopped_ = false;
};

}  // namespace
}  // namespace hither

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bgp_lab CONFIG_AS_JSON\n");
    return 2;
  }
  uv_loop_t loop;
  uv_loop_init(&loop);
  hither::Lab lab(&loop, nlohmann::json::parse(argv[1]));
  uv_run(&loop, UV_RUN_DEFAULT);
  return uv_loop_close(&loop) == 0 ? 0 : 1;
}
