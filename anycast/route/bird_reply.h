#ifndef HITHER_ANYCAST_ROUTE_BIRD_REPLY_H_
#define HITHER_ANYCAST_ROUTE_BIRD_REPLY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "anycast/route/readback.h"
#include "base/prefix.h"

namespace hither {

inline constexpr size_t kBirdLineBytesMax = 8'192;
inline constexpr size_t kBirdReplyBytesMax = 1 << 20;

struct BirdLine {
  int code = 0;  // 1002: a protocol, 1007: a route, 1012: its BGP attributes, 8xxx, 9xxx: an error.
  std::string text;
};

// What BIRD said to one command: all its lines; the last one's code is the whole's.
struct BirdReply {
  int code = 0;
  std::vector<BirdLine> lines;
  bool is_error() const { return code >= 8000; }
  // The text of the last line: of an error, what it was.
  absl::string_view message() const;
};

// Puts replies together from what comes through the control socket (BIRD 2's client protocol):
// "NNNN-text" where more follows, "NNNN text" at the end, " text" as the line before, "+text" for
// the log.
class BirdReplyReader {
 public:
  // False once what came is no such text, or is too long; nothing more is taken then.
  bool Feed(std::span<const uint8_t> octets);
  // The first complete reply that was not taken yet.
  std::optional<BirdReply> Take();

 private:
  bool TakeLine(absl::string_view line);

  std::string rest_;  // A line without its end.
  BirdReply reply_;
  size_t reply_bytes_ = 0;
  std::vector<BirdReply> complete_;
  bool is_broken_ = false;
};

// Of `show protocols`.
struct BirdProtocol {
  std::string name;
  std::string kind;   // "BGP", "Kernel", ...
  std::string state;  // "up", "start", "down", ...
  std::string info;   // "Established", "Active        Socket: No route to host", ...
};
std::vector<BirdProtocol> BirdProtocols(const BirdReply& reply);

// Of `show route ... all`: several of one prefix, where several are exported (RFC 7911).
struct BirdRoute {
  Prefix prefix;
  std::string source;  // The protocol that it came from.
  SeenAttributes attributes;
};
std::vector<BirdRoute> BirdRoutes(const BirdReply& reply);

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_BIRD_REPLY_H_
