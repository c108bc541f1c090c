#ifndef HITHER_BASE_NET_START_LOOP_H_
#define HITHER_BASE_NET_START_LOOP_H_

#include <uv.h>

#include "absl/status/status.h"

namespace hither {

// uv_loop_init(), which aborts the process if there are no descriptors for its pipes of signals:
// here that is an error for the operator. Not OK: `loop` must not be used or closed.
absl::Status StartLoop(uv_loop_t& loop);

}  // namespace hither

#endif  // HITHER_BASE_NET_START_LOOP_H_
