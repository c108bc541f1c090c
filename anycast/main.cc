// hither-anycast: options → configuration → endpoints → the sidecar's loop.

#include <signal.h>

#include <iostream>
#include <memory>
#include <utility>

#include "anycast/options.h"
#include "anycast/sidecar.h"
#include "anycast/state/run_lock.h"
#include "base/log.h"
#include "base/make_folder.h"
#include "base/within_memory.h"
#include "daemon/admin/admin_endpoint.h"

namespace hither {
namespace {

int Fail(int code, const absl::Status& status) {
  Log(LogLevel::kError, status.message());
  return code;
}

int Print(absl::string_view text) {
  if ((std::cout << text << std::flush).good()) return kSidecarFine;
  return Fail(kSidecarFailed, absl::UnavailableError("the output could not be written"));
}

absl::StatusOr<std::unique_ptr<AdminEndpoint>> BindAdmin(const Config& config) {
  const absl::StatusOr<AdminAddress> address = ParseAdmin(config.anycast.admin_text);
  if (!address.ok()) return address.status();
  if (!address->unix_path.empty()) {
    const absl::Status made = MakeFolder(FolderOfFile(address->unix_path), kRunFolderMode);
    if (!made.ok()) Log(LogLevel::kWarning, "anycast.admin.listen: ", made.message());
  }
  return AdminEndpoint::BindOrRetry(*address,
                                    {.program = "hither-anycast", .key = "anycast.admin.listen"});
}

absl::StatusOr<std::unique_ptr<AdminEndpoint>> BindPeers(const Config& config) {
  AdminAddress address;
  address.tcp = config.anycast.peers.listen;
  return AdminEndpoint::BindOrRetry(address, {.program = "hither-anycast",
                                              .key = "anycast.peers.listen",
                                              .reach = EndpointSettings::Reach::kReadOnly,
                                              .hosts = config.anycast.peers.hosts,
                                              .hosts_key = "anycast.peers.hosts"});
}

int Run(const SidecarOptions& options, Config config) {
  const absl::Status log = OpenLog(config.log.level, "");
  if (!log.ok()) return Fail(kSidecarFailed, log);
  const auto lock = RunLock::Take(config.anycast.state_file);
  if (!lock.ok()) return Fail(kSidecarFailed, lock.status());
  auto admin = BindAdmin(config);
  if (!admin.ok()) return Fail(kSidecarFailed, admin.status());
  auto peers = BindPeers(config);
  if (!peers.ok()) return Fail(kSidecarFailed, peers.status());
  Sidecar sidecar(options, std::move(config));
  if (auto started = sidecar.Start(); !started.ok()) return Fail(kSidecarFailed, started);
  const absl::Status ran = sidecar.Run(admin->get(), peers->get());
  return ran.ok() ? kSidecarFine : Fail(kSidecarFailed, ran);
}

int Main(int argc, const char* const* argv) {
  ::signal(SIGPIPE, SIG_IGN);  // A peer that has gone shows in write()'s error.
  ::signal(SIGXFSZ, SIG_IGN);
  const auto options = ParseSidecarOptions({argv + 1, static_cast<size_t>(argc - 1)});
  if (!options.ok()) return Fail(kSidecarUsage, options.status());
  if (options->mode == SidecarOptions::Mode::kHelp) return Print(SidecarHelp());
  if (options->mode == SidecarOptions::Mode::kVersion) return Print(SidecarVersion() + "\n");
  auto config = BuildSidecarConfig(*options);
  if (!config.ok()) return Fail(kSidecarUsage, config.status());
  if (options->mode != SidecarOptions::Mode::kCheck) return Run(*options, *std::move(config));
  const auto described = DescribeConfigHere(*config);
  return described.ok() ? Print(*described) : Fail(kSidecarUsage, described.status());
}

}  // namespace
}  // namespace hither

int main(int argc, char** argv) {
  int code = hither::kSidecarFine;
  const auto enough = hither::WithinMemory("run", [&] { code = hither::Main(argc, argv); });
  return enough.ok() ? code : hither::Fail(hither::kSidecarFailed, enough);
}
