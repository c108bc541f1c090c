#include "tool/console/web_pages.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/json_writer.h"
#include "tool/console/assets.h"

namespace hither {
namespace {

// At least this often, so that a closed listener shows as a failed write.
constexpr absl::Duration kEventEvery = absl::Seconds(5);
constexpr absl::Duration kCommandTimeout = absl::Seconds(15);
constexpr absl::string_view kNodeFaults[] = {"kill", "hang", "servfail", "stale"};
constexpr absl::string_view kRouterFaults[] = {"cut"};

AdminAnswer JsonAnswer(int code, const JsonObject& json) {
  return {code, JsonValue(json).Compact() + "\n", true};
}

AdminAnswer Refusal(int code, absl::string_view what) {
  return JsonAnswer(code, {{"error", what}});
}

// A node or a router that takes commands.
struct Told {
  std::optional<SocketAddress> agent;
  bool is_router = false;
};

std::optional<Told> FindTold(const Fleet& fleet, const std::string& name) {
  for (const Fleet::Site& site : fleet.sites) {
    for (const Fleet::Node& node : site.nodes) {
      if (FullName(site, node) == name) return Told{node.agent, false};
    }
  }
  for (const Fleet::Router& router : fleet.routers) {
    if (router.name == name) return Told{router.agent, true};
  }
  return std::nullopt;
}

// Only known words are passed on: nothing from a browser is copied into a request.
absl::StatusOr<std::string> PathOf(absl::string_view verb, const std::string& fault,
                                   bool is_router) {
  if (verb != "break") {
    if (is_router && verb != "heal") {
      return absl::InvalidArgumentError("a router cannot be drained; drain the nodes of its site");
    }
    return absl::StrCat("/", verb);
  }
  const std::vector<absl::string_view> known =
      is_router ? std::vector<absl::string_view>(std::begin(kRouterFaults), std::end(kRouterFaults))
                : std::vector<absl::string_view>(std::begin(kNodeFaults), std::end(kNodeFaults));
  for (const absl::string_view one : known) {
    if (one == fault) return absl::StrCat("/break?fault=", one);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no such fault here; available: ", absl::StrJoin(known, ", ")));
}

absl::Status DoneOf(const absl::StatusOr<HttpReply>& reply) {
  if (!reply.ok()) return reply.status();
  if (reply->code / 100 == 2) return absl::OkStatus();
  const std::string error = ReadError(reply->body);
  return absl::FailedPreconditionError(
      error.empty() ? absl::StrCat("the agent answers HTTP status ", reply->code) : error);
}

AdminAction Asset(const char* path, absl::string_view text, const char* type) {
  return {"GET", path, [text, type](const AdminParameters&) {
            AdminAnswer answer{200, std::string(text)};
            answer.type = type;
            return answer;
          }};
}

}  // namespace

// Nothing is loaded from elsewhere, and no other page may frame this one: a disguised click could
// drain a site.
EndpointSettings WebPages::Settings(std::vector<std::string> hosts) {
  EndpointSettings settings;
  settings.program = "hither-console";
  settings.key = "--listen";
  settings.waits_for_address = false;  // An operator waits for the page.
  settings.reach = EndpointSettings::Reach::kWeb;
  settings.hosts_key = "--host";
  settings.threads = kAnswerThreads + kListenersMax;
  settings.hosts = std::move(hosts);
  settings.headers = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
       "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cache-Control", "no-store"}};
  settings.timeouts.write = absl::Seconds(10);  // A listener that stalls for this long is gone.
  return settings;
}

AdminHandlers WebPages::Handlers() {
  AdminHandlers handlers;
  handlers.health = [] { return absl::OkStatus(); };
  handlers.more = {
      Asset("/", kIndexHtml, "text/html; charset=utf-8"),
      Asset("/console.css", kConsoleCss, "text/css; charset=utf-8"),
      Asset("/console.js", kConsoleJs, "text/javascript; charset=utf-8"),
      Asset("/icon.svg", kIconSvg, "image/svg+xml"),
      {"GET", "/api/fleet",
       [this](const AdminParameters&) {
         return AdminAnswer{200, *feed_.Latest() + "\n", true};
       }},
      {"GET", "/events", [this](const AdminParameters&) { return Events(); }},
  };
  if (!feed_.fleet().HasAgents()) return handlers;
  for (const char* verb : {"break", "heal", "drain", "undrain"}) {
    handlers.more.push_back(
        {"POST", absl::StrCat("/api/", verb),
         [this, verb](const AdminParameters& parameters) { return Command(verb, parameters); }});
  }
  return handlers;
}

AdminAnswer WebPages::Events() {
  if (listeners_->fetch_add(1) >= kListenersMax) {
    listeners_->fetch_sub(1);
    return Refusal(503, "too many pages are open; close another page of this console");
  }
  // Leaves with the last copy of the stream, however the connection ends.
  const std::shared_ptr<void> place(nullptr,
                                    [listeners = listeners_](void*) { listeners->fetch_sub(1); });
  AdminAnswer answer;
  answer.type = "text/event-stream";
  answer.stream = [this, place, seen = uint64_t{0}](std::string& piece) mutable {
    const PageFeed::Text text = feed_.WaitFor(seen, kEventEvery);
    if (text == nullptr && feed_.is_closed()) return false;
    piece = text == nullptr ? ":\n\n" : absl::StrCat("event: fleet\ndata: ", *text, "\n\n");
    return true;
  };
  return answer;
}

AdminAnswer WebPages::Command(absl::string_view verb, const AdminParameters& parameters) {
  const std::string name = Parameter(parameters, "node");
  const std::optional<Told> told = FindTold(feed_.fleet(), name);
  if (!told.has_value()) return Refusal(404, "there is no such node or router; give node=ns1.fra1");
  if (!told->agent.has_value()) return Refusal(404, absl::StrCat(name, " has no agent"));
  const std::string fault = Parameter(parameters, "fault");
  const absl::StatusOr<std::string> path = PathOf(verb, fault, told->is_router);
  if (!path.ok()) return Refusal(400, path.status().message());
  const absl::Cleanup leave = [this] { commands_.fetch_sub(1); };
  if (commands_.fetch_add(1) >= kCommandsMax) {
    return Refusal(503, "other commands are still running; try again in a few seconds");
  }
  const absl::Status done = DoneOf(
      ask_({.to = *told->agent, .method = "POST", .path = *path, .timeout = kCommandTimeout}));
  const std::string what = verb == "break" ? fault : std::string(verb);
  feed_.Change([&](ConsoleModel& model) { model.TakeCommand(name, what, done, absl::Now()); });
  feed_.PublishNews();
  if (!done.ok()) return Refusal(502, absl::StrCat(name, ": ", done.message()));
  return JsonAnswer(200, {{"done", what}, {"node", name}});
}

}  // namespace hither
