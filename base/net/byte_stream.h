#ifndef HITHER_BASE_NET_BYTE_STREAM_H_
#define HITHER_BASE_NET_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"

namespace hither {

// A connection that we have opened and that carries octets in order, both ways: TCP, or TLS.
//
// Ownership: the caller's. Destroying a stream closes it: no function is called after that. Each
// function may destroy the stream that calls it.
//
// Threads: the loop's. Nothing blocks.
class ByteStream {
 public:
  enum class End : uint8_t {
    kClosed,       // The other side has closed or reset it.
    kRefused,      // Nothing listens there.
    kUnreachable,  // No route there.
    kTimeout,      // It was not open in time, or TCP gave up.
    kUntrusted,    // TLS: it is not who it should be, or speaks nothing that we accept.
    kOwnFault,     // No descriptor, no memory, our own packet filter, or our address is gone.
  };
  struct Handler {
    std::function<void()> on_open;
    // As they arrive; valid during the call.
    std::function<void(ByteView)> on_octets;
    // Once, the last call. `detail`: in words.
    std::function<void(End, const std::string& detail)> on_end;
  };

  ByteStream() = default;
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // Also before it is open. What cannot be sent immediately is kept: see unsent_bytes().
  virtual void Write(ByteView octets) = 0;
  virtual size_t unsent_bytes() const = 0;
};

}  // namespace hither

#endif  // HITHER_BASE_NET_BYTE_STREAM_H_
