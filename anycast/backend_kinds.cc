#include "anycast/backend_kinds.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "anycast/bgp/bgp_reload.h"
#include "anycast/bgp/bgp_speaker.h"
#include "anycast/route/dry_run_backend.h"
#include "anycast/route/exec_backend.h"
#include "anycast/route/kernel_backend.h"

namespace hither {
namespace {

using Made = absl::StatusOr<std::unique_ptr<RouteBackend>>;

Made MakeKernel(uv_loop_t&, const AnycastConfig& config) {
  auto kernel = KernelBackend::Create(*config.kernel, config.services);
  if (!kernel.ok()) return kernel.status();
  return *std::move(kernel);
}

absl::Status TryKernel(const AnycastConfig& config) {
  return KernelBackend::Create(*config.kernel, config.services).status();
}

Made MakeBgp(uv_loop_t& loop, const AnycastConfig& config) {
  return std::make_unique<BgpSpeaker>(&loop, config);
}

Made MakeExec(uv_loop_t& loop, const AnycastConfig& config) {
  return std::make_unique<ExecBackend>(&loop, *config.exec);
}

Made MakeDryRun(uv_loop_t&, const AnycastConfig&) { return std::make_unique<DryRunBackend>(); }

// `bgp` changes neighbor by neighbor.
std::vector<std::string> SessionsEndedBy(const AnycastConfig& from, const AnycastConfig& to) {
  std::vector<std::string> lines;
  if (!from.bgp.has_value() || !to.bgp.has_value()) return lines;
  for (const NeighborChange& change : PlanReload(*from.bgp, *to.bgp)) {
    if (change.kind != NeighborChange::Kind::kNone) lines.push_back(change.ToText());
  }
  return lines;
}

// Will no session that is established now survive?
bool EndsEverySession(const Observation& observed, const AnycastConfig& from,
                      const AnycastConfig& to) {
  for (const NeighborChange& change : PlanReload(*from.bgp, *to.bgp)) {
    if (change.kind != NeighborChange::Kind::kNone) continue;
    const std::string address = change.neighbor.AddressText();
    for (const Observation::Session& session : observed.sessions) {
      if (session.neighbor == address && session.state == "Established") return false;
    }
  }
  return true;
}

// Has the neighbor this prefix from the same service, before and after?
bool KeepsPrefix(const AnycastNeighbor& neighbor, const Prefix& prefix, const AnycastConfig& from,
                 const AnycastConfig& to) {
  const auto has_it = [&](const AnycastConfig::Service& service) {
    return std::ranges::find(service.prefixes, prefix) != service.prefixes.end();
  };
  const auto before = std::ranges::find_if(from.services, has_it);
  const auto after = std::ranges::find_if(to.services, has_it);
  return before != from.services.end() && after != to.services.end() &&
         before->name == after->name && IsFor(neighbor, after->name, prefix);
}

// Has no neighbor whose session continues a prefix of that family, now and after? A neighbor may
// have negotiated another family only.
bool EndsFamily(IpFamily family, const Observation& observed, const AnycastConfig& from,
                const AnycastConfig& to) {
  for (const NeighborChange& change : PlanReload(*from.bgp, *to.bgp)) {
    if (change.kind != NeighborChange::Kind::kNone) continue;
    const auto after =
        std::ranges::find(to.bgp->neighbors, change.neighbor, &AnycastNeighbor::address);
    const std::string where = absl::StrCat("bgp ", change.neighbor.AddressText());
    for (const Observation::Seen& seen : observed.seen) {
      if (seen.where != where || seen.prefix.family != family) continue;
      if (seen.kind != Observation::Kind::kAnnounced) continue;
      if (KeepsPrefix(*after, seen.prefix, from, to)) return false;
    }
  }
  return true;
}

const BackendKind kKinds[] = {
    {.name = "kernel",
     .is_wanted = [](const AnycastConfig& config) { return config.kernel.has_value(); },
     .differs = [](const AnycastConfig& from,
                   const AnycastConfig& to) { return from.kernel != to.kernel; },
     .make = MakeKernel,
     .try_out = TryKernel},
    {.name = "bgp",
     .is_wanted = [](const AnycastConfig& config) { return config.bgp.has_value(); },
     .differs = [](const AnycastConfig& from,
                   const AnycastConfig& to) { return from.bgp.has_value() != to.bgp.has_value(); },
     .make = MakeBgp,
     .ended_by = SessionsEndedBy,
     .ends_all_of = EndsEverySession,
     .ends_family = EndsFamily},
    {.name = "exec",
     .is_wanted = [](const AnycastConfig& config) { return config.exec.has_value(); },
     .differs = [](const AnycastConfig& from,
                   const AnycastConfig& to) { return from.exec != to.exec; },
     .make = MakeExec},
    {.name = "dry-run",
     .announces = false,
     .is_wanted = [](const AnycastConfig& config) { return config.dry_run; },
     .differs = [](const AnycastConfig& from,
                   const AnycastConfig& to) { return from.dry_run != to.dry_run; },
     .make = MakeDryRun},
};

}  // namespace

std::span<const BackendKind> BackendKinds() { return kKinds; }

}  // namespace hither
