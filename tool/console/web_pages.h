#ifndef HITHER_TOOL_CONSOLE_WEB_PAGES_H_
#define HITHER_TOOL_CONSOLE_WEB_PAGES_H_

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "base/net/http_ask.h"
#include "daemon/admin/admin_endpoint.h"
#include "tool/console/page_feed.h"

namespace hither {

// The console's pages for browsers, over HTTP:
//
//   GET  /               the page; /console.css, /console.js and /icon.svg beside it
//   GET  /api/fleet      the object of model.h
//   GET  /events         the same, as server-sent events named "fleet", at each change
//   GET  /healthz        200
//
// and, only if the fleet has agents, with "X-Hither: 1" (else 403), commands for an agent, whose
// answer is passed on:
//
//   POST /api/break?node=NAME&fault=FAULT
//   POST /api/heal, /api/drain, /api/undrain   with ?node=NAME, of a node or a router
//
// Threads: kAnswerThreads, and one more for each listener of events; there are at most
// kListenersMax: 503 for others. The same for more than kCommandsMax commands at a time: a hanging
// host must leave threads for viewers.
class WebPages {
 public:
  static constexpr int kListenersMax = 16;
  static constexpr int kAnswerThreads = 4;
  static constexpr int kCommandsMax = 2;

  using Ask = std::function<absl::StatusOr<HttpReply>(const HttpOrder& order)>;

  // `ask` queries an agent, and waits. Stop() the endpoint before destroying this, after
  // feed.Close().
  WebPages(PageFeed& feed, Ask ask) : feed_(feed), ask_(std::move(ask)) {}

  static EndpointSettings Settings(std::vector<std::string> hosts);
  AdminHandlers Handlers();

 private:
  AdminAnswer Events();
  AdminAnswer Command(absl::string_view verb, const AdminParameters& parameters);

  PageFeed& feed_;
  const Ask ask_;
  std::shared_ptr<std::atomic<int>> listeners_ = std::make_shared<std::atomic<int>>(0);
  std::atomic<int> commands_ = 0;
};

}  // namespace hither

#endif  // HITHER_TOOL_CONSOLE_WEB_PAGES_H_
