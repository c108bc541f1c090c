// What the endpoints ask of the sidecar, on any thread: pages and commands.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anycast/pages.h"
#include "anycast/sidecar.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/within_memory.h"

namespace hither {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(5);

}  // namespace

AdminAnswer Sidecar::OnLoop(std::function<AdminAnswer()> work) {
  const std::optional<AdminAnswer> answer = calls_.Call<AdminAnswer>(std::move(work), kCallTimeout);
  if (answer.has_value()) return *answer;
  return {503, "the sidecar's loop does not answer; it is ending, or it hangs\n", false};
}

AdminHandlers Sidecar::AdminPages() {
  AdminHandlers handlers = published_.Pages();
  handlers.more.push_back({"GET", "/explain", [this](const AdminParameters&) {
                             return AdminAnswer{
                                 .text = ExplainText(*published_.view(), MonotonicNow())};
                           }});
  const auto command = [&handlers](absl::string_view path, auto answer,
                                   std::vector<std::string> takes) {
    AdminAction action{.method = "POST", .path = std::string(path), .answer = std::move(answer)};
    action.takes = std::move(takes);
    handlers.more.push_back(std::move(action));
  };
  for (const absl::string_view name : Commands::kNames) {
    command(absl::StrCat("/", name),
            [this, name](const AdminParameters& parameters) { return Command(name, parameters); },
            {"service", "confirm", "seconds"});
  }
  command("/reload",
          [this](const AdminParameters& parameters) {
            return Reload(
                {Parameter(parameters, "confirm") == "1", Parameter(parameters, "dry_run") == "1"});
          },
          {"confirm", "dry_run"});
  return handlers;
}

AdminAnswer Sidecar::Command(absl::string_view name, const AdminParameters& parameters) {
  AdminAnswer answer =
      OnLoop([=, this] { return commands_.Run(name, parameters, MonotonicNow()); });
  // An operator who reads that a service is drained may count on it after a restart.
  if (!records_.WaitIdle(kCallTimeout)) answer.text += "not on the disk yet: it is slow\n";
  if (const std::string why = records_.Failure(); !why.empty()) {
    absl::StrAppend(&answer.text, "NOT kept over a restart: ", why, "\n");
  }
  return answer;
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
  return OnLoop([=, this] { return commands_.Reload(*config, wish, MonotonicNow()); });
}

}  // namespace hither
