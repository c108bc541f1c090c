#ifndef HITHER_BASE_NET_HTTP_ASK_H_
#define HITHER_BASE_NET_HTTP_ASK_H_

#include <uv.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/net/conversation.h"
#include "base/socket_address.h"

namespace hither {

struct HttpReply {
  int code = 0;
  std::string body;
};

struct HttpOrder {
  SocketAddress to;
  std::string method = "GET";  // or "POST", which has "X-Hither: 1" and no body.
  std::string path;
  absl::Duration timeout = absl::Seconds(2);  // For all of it.
  size_t bytes_max = 1 << 20;
};

// One request. `on_reply` is called once, on the loop's thread, possibly before this returns (then
// null). Destroying the result cancels. Source: any process there; the order limits size and time.
std::unique_ptr<Conversation> StartHttp(uv_loop_t& loop, const HttpOrder& order,
                                        std::function<void(absl::StatusOr<HttpReply>)> on_reply);

}  // namespace hither

#endif  // HITHER_BASE_NET_HTTP_ASK_H_
