#include "server/settings.h"

#include <algorithm>

#include "daemon/config/nsid.h"

namespace hither {
namespace {

size_t ShareOf(int total, size_t workers) {
  return (static_cast<size_t>(total) + workers - 1) / workers;
}

}  // namespace

size_t WorkerCountOf(const Config& config) {
  if (config.workers > 0) return static_cast<size_t>(config.workers);
  return std::max<size_t>(UsableCpus().size(), 1);
}

SocketOptions SocketOptionsOf(const Config& config) {
  SocketOptions options;
  options.receive_buffer_bytes = static_cast<int>(config.udp.receive_buffer_bytes);
  return options;
}

WorkerOptions WorkerOptionsOf(const Config& config, size_t workers, size_t number) {
  const Config::Identity& identity = config.identity;
  WorkerOptions options;
  options.number = static_cast<int>(number);
  const std::vector<int> cpus = UsableCpus();
  if (workers <= cpus.size()) options.cpu = cpus[number];
  options.responder.nsid =
      ExpandNsid(identity.nsid_template, identity.site, identity.node, static_cast<int>(number));
  options.responder.version = config.version;
  options.responder.udp_payload_bytes_max = config.udp.payload_bytes_max;
  options.udp_batch = static_cast<size_t>(config.udp.batch_size);
  options.tcp.connections_max = ShareOf(config.tcp.connections_max, workers);
  options.tcp.connections_per_prefix_max = ShareOf(config.tcp.connections_per_prefix_max, workers);
  options.tcp.idle_timeout = config.tcp.idle_timeout;
  options.tcp.lifetime_max = config.tcp.lifetime_max;
  options.tcp.unsent_bytes_max = config.tcp.unsent_bytes_max;
  return options;
}

std::vector<std::string> SettingsThatNeedRestart(const Config& a, const Config& b) {
  std::vector<std::string> keys;
  const auto differ = [&keys](absl::string_view key, bool same) {
    if (!same) keys.emplace_back(key);
  };
  differ("identity", a.identity == b.identity);
  differ("listen", a.listen == b.listen);
  differ("workers", a.workers == b.workers);
  differ("user", a.user == b.user);
  differ("version", a.version == b.version);
  differ("udp", a.udp == b.udp);
  differ("tcp", a.tcp == b.tcp);
  differ("image_cache", a.image_cache == b.image_cache);
  differ("heartbeat", a.heartbeat == b.heartbeat);
  // Not is_default: it does not matter whether the address was written or assumed.
  differ("admin", a.admin.ToText() == b.admin.ToText());
  differ("metrics", a.metrics == b.metrics && a.metrics_hosts == b.metrics_hosts);
  differ("log", a.log == b.log);
  differ("limits", a.limits == b.limits);
  differ("reload", a.reload == b.reload);
  return keys;
}

}  // namespace hither
