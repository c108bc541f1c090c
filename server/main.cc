// hitherd: options → configuration → sockets → privileges → zones → workers → control.

#include <signal.h>

#include <iostream>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/log_file.h"
#include "base/make_folder.h"
#include "base/within_memory.h"
#include "daemon/admin/admin_endpoint.h"
#include "server/control.h"
#include "server/heartbeat.h"
#include "server/listen/descriptors.h"
#include "server/listen/socket.h"
#include "server/load/check_zones.h"
#include "server/options.h"
#include "server/privileges.h"
#include "server/settings.h"

namespace hither {
namespace {

int Fail(int code, const absl::Status& status) {
  Log(LogLevel::kError, status.message());
  return code;
}

int Print(absl::string_view text) {
  if ((std::cout << text << std::flush).good()) return kExitFine;
  return Fail(kExitCannotServe, absl::UnavailableError("the output could not be written"));
}

// Its folder belongs to the user, who creates the socket again if the first attempt fails. /run is
// new at each boot.
absl::StatusOr<std::unique_ptr<AdminEndpoint>> BindAdmin(const Config& config) {
  if (const std::string& path = config.admin.unix_path; !path.empty()) {
    const FileOwner owner = ServiceOwner(config).value_or(kNobodyElse);
    const absl::Status made =
        MakeFolder(FolderOfFile(path), kRunFolderMode, owner.user, owner.group);
    if (!made.ok()) Log(LogLevel::kWarning, "admin.listen: ", made.message());
  }
  return AdminEndpoint::BindOrRetry(config.admin, {.program = "hitherd", .key = "admin.listen"});
}

absl::StatusOr<std::unique_ptr<AdminEndpoint>> BindMetrics(const Config& config) {
  AdminAddress address;
  address.tcp = config.metrics;
  return AdminEndpoint::BindOrRetry(address, {.program = "hitherd",
                                              .key = "metrics.listen",
                                              .reach = EndpointSettings::Reach::kReadOnly,
                                              .hosts = config.metrics_hosts,
                                              .hosts_key = "metrics.hosts"});
}

bool Check(const Config& config) {
  bool can_start = CheckStart(config, std::cout);
  // Zones are read as the server will read them. A missing user was already reported.
  if (const absl::Status became = BecomeUser(config); !became.ok() && can_start) {
    std::cout << "error: " << became.message() << "\n";
    can_start = false;
  }
  return CheckZones(config, std::cout) && can_start;
}

int Serve(const Options& options, Config config) {
  if (auto user = CheckUser(config); !user.ok()) return Fail(kExitCannotServe, user);
  const absl::Status log = OpenLogFor(ServiceOwner(config), config.log.level, config.log.file);
  if (!log.ok()) return Fail(kExitCannotServe, log);
  const size_t workers = WorkerCountOf(config);
  const absl::StatusOr<int> connections = ReserveDescriptors(config, workers);
  if (!connections.ok()) return Fail(kExitCannotServe, connections.status());
  std::vector<SocketAddress> listen = config.listen;
  auto sockets = OpenWorkerSockets(listen, workers, SocketOptionsOf(config));
  if (!sockets.ok()) return Fail(kExitCannotServe, sockets.status());
  const auto admin = BindAdmin(config);
  if (!admin.ok()) return Fail(kExitCannotServe, admin.status());
  const auto metrics = BindMetrics(config);
  if (!metrics.ok()) return Fail(kExitCannotServe, metrics.status());
  const auto heartbeat = OpenHeartbeat(config, workers);
  if (!heartbeat.ok()) return Fail(kExitCannotServe, heartbeat.status());
  if (auto dropped = DropPrivileges(config); !dropped.ok()) return Fail(kExitCannotServe, dropped);
  // Zones are loaded without privileges, so that a reload can do what the start did.
  Control control(options, std::move(config), heartbeat->get());
  if (auto loaded = control.LoadZones(); !loaded.ok()) return Fail(kExitCannotServe, loaded);
  const absl::Status started = control.StartWorkers(*std::move(sockets), listen, *connections);
  if (!started.ok()) return Fail(kExitCannotServe, started);
  const absl::Status ran = control.Run(admin->get(), metrics->get());
  return ran.ok() ? kExitFine : Fail(kExitCannotServe, ran);
}

int Main(int argc, const char* const* argv) {
  // A closed peer, or a file over the limit, shows in write()'s error.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  const auto options = ParseOptions({argv + 1, static_cast<size_t>(argc - 1)});
  if (!options.ok()) return Fail(kExitUsage, options.status());
  if (options->mode == Options::Mode::kHelp) return Print(HelpText());
  if (options->mode == Options::Mode::kVersion) return Print(VersionText() + "\n");
  auto config = BuildConfig(*options);
  if (!config.ok()) return Fail(kExitUsage, config.status());
  if (options->mode == Options::Mode::kCheck) {
    const bool is_good = Check(*config);
    if (!std::cout.good()) return Print("");  // Which reports it.
    return is_good ? kExitFine : kExitCannotServe;
  }
  return Serve(*options, *std::move(config));
}

}  // namespace
}  // namespace hither

int main(int argc, char** argv) {
  int code = hither::kExitFine;
  const auto enough = hither::WithinMemory("start", [&] { code = hither::Main(argc, argv); });
  return enough.ok() ? code : hither::Fail(hither::kExitCannotServe, enough);
}
