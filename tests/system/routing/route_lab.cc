#include <uv.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "anycast/route/bird_readback.h"
#include "anycast/route/frr_readback.h"
#include "anycast/route/kernel_backend.h"
#include "anycast/route/reconcile.h"
#include "base/clock.h"

// The sidecar without its judgement: announces through the kernel what standard input says, reads
// back, and prints what it sees.
//
//   route_lab address|metric [--bird=SOCKET] [--frr=VTYSH,ARGUMENTS] PREFIX...
//
// Commands, a line each: "want STATE", "want PREFIX STATE", "see" (prints a JSON object in one
// line), "close". Differences are printed as "log TEXT".
namespace hither {
namespace {

class Lab {
 public:
  Lab(AnycastConfig config, std::vector<AnycastConfig::Service> services)
      : config_(std::move(config)), services_(std::move(services)) {
    uv_loop_init(&loop_);
    for (const Prefix& prefix : services_[0].prefixes) {
      Route route;
      route.prefix = prefix;
      route.service = "dns";
      routes_.push_back(route);
    }
    const std::vector<uint32_t> no_ases;  // It does not speak BGP itself.
    if (!config_.readback.bird_socket.empty()) {
      readback_ = std::make_unique<BirdReadback>(&loop_, config_.readback, services_, no_ases);
    } else if (!config_.readback.frr_command.empty()) {
      readback_ = std::make_unique<FrrReadback>(&loop_, config_.readback, services_, no_ases);
    }
  }

  absl::Status Run() {
    auto speaker = KernelBackend::Create(*config_.kernel, services_);
    if (!speaker.ok()) return speaker.status();
    speaker_ = *std::move(speaker);
    uv_timer_t timer;
    uv_timer_init(&loop_, &timer);
    uv_pipe_init(&loop_, &input_, 0);
    input_.data = timer.data = this;
    uv_pipe_open(&input_, 0);
    uv_timer_start(
        &timer, [](uv_timer_t* t) { static_cast<Lab*>(t->data)->Tick(); }, 0, 250);
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&input_),
        [](uv_handle_t* handle, size_t, uv_buf_t* buf) {
          Lab* lab = static_cast<Lab*>(handle->data);
          *buf = uv_buf_init(lab->buffer_.data(), static_cast<unsigned>(lab->buffer_.size()));
        },
        [](uv_stream_t* stream, ssize_t size, const uv_buf_t*) {
          static_cast<Lab*>(stream->data)->OnInput(size);
        });
    uv_run(&loop_, UV_RUN_DEFAULT);
    return absl::OkStatus();
  }

 private:
  void Tick() {
    const absl::Time now = MonotonicNow();
    speaker_->Announce(routes_, now, now + absl::Seconds(2));
    std::vector<Observation> observed = {speaker_->Observe()};
    if (readback_ != nullptr) {
      readback_->Ask(now);
      if (readback_->Seen().IsFresh(now)) observed.push_back(readback_->Seen().observation);
    }
    for (const std::string& line : differences_.Update(routes_, observed, now)) {
      Say(absl::StrCat("log ", line));
    }
  }

  void OnInput(ssize_t size) {
    if (size < 0) return Stop();
    text_.append(buffer_.data(), static_cast<size_t>(size));
    for (size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      Obey(text_.substr(0, end));
      text_.erase(0, end + 1);
    }
  }

  void Obey(absl::string_view line) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "see") return See();
    if (words[0] == "close") return Stop();
    for (Route& route : routes_) {
      if (words.size() > 2 && route.prefix.ToText() != words[1]) continue;
      for (const State state : {State::kDown, State::kDrain, State::kSoft, State::kUp}) {
        if (words.back() == ToText(state)) route.state = state;
      }
    }
    Tick();
    Say("ok");
  }

  void Stop() {
    speaker_->Close("close");
    uv_stop(&loop_);
  }

  void See() {
    nlohmann::json json = {{"speaker", Json(speaker_->Observe())}};
    if (readback_ != nullptr) {
      json["readback"] = Json(readback_->Seen().observation);
      json["readback_status"] = std::string(readback_->Seen().status.message());
    }
    json["differences"] = nlohmann::json::array();
    for (const Difference& d : differences_.Counted()) json["differences"].push_back(d.ToText());
    Say(json.dump());
  }

  static nlohmann::json Json(const Observation& observation) {
    nlohmann::json json = nlohmann::json::array();
    for (const Observation::Seen& seen : observation.seen) {
      const char* kinds[] = {"announced", "absent", "unknown"};
      json.push_back({{"prefix", seen.prefix.ToText()},
                      {"where", seen.where},
                      {"kind", kinds[static_cast<int>(seen.kind)]},
                      {"state", seen.state ? std::string(ToText(*seen.state)) : ""},
                      {"detail", seen.detail}});
    }
    return json;
  }

  static void Say(absl::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
  }

  const AnycastConfig config_;
  const std::vector<AnycastConfig::Service> services_;
  uv_loop_t loop_;
  uv_pipe_t input_;
  std::array<char, 4096> buffer_;
  std::string text_;
  std::vector<Route> routes_;
  std::unique_ptr<KernelBackend> speaker_;
  std::unique_ptr<Readback> readback_;
  Differences differences_;
};

int Main(int argc, char** argv) {
  AnycastConfig config;
  config.kernel.emplace();
  AnycastConfig::Service service;
  service.name = "dns";
  service.up.med = 0;
  service.soft = {100, 2, {}, {}};
  service.drain = {200, 3, {kGracefulShutdown}, {}};
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (argument == "metric") {
      config.kernel->mode = AnycastConfig::Kernel::Mode::kMetric;
    } else if (absl::ConsumePrefix(&argument, "--bird=")) {
      config.readback.bird_socket = std::string(argument);
    } else if (absl::ConsumePrefix(&argument, "--frr=")) {
      config.readback.frr_command = absl::StrSplit(argument, ',');
    } else if (absl::StrContains(argument, '/')) {
      service.prefixes.push_back(Prefix::FromText(argument).value());
    }
  }
  const absl::Status status = Lab(std::move(config), {std::move(service)}).Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace
}  // namespace hither

int main(int argc, char** argv) { return hither::Main(argc, argv); }
