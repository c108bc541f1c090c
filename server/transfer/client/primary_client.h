#ifndef HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_CLIENT_H_
#define HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_CLIENT_H_

#include <cstdint>
#include <functional>

#include "server/transfer/client/primary_turn.h"

namespace hither {

// Makes turns at one primary. Abstract, so that the refresher can be tested without sockets.
//
// Ownership: the caller's. Destroying it ends all turns: no `done` is called after that. `done` may
// destroy the client. Threads: those of the loop.
class PrimaryClient {
 public:
  using Done = std::function<void(TurnResult result)>;

  virtual ~PrimaryClient() = default;
  // Calls `done` once, never from within Begin(). Any number may be begun: the caller limits them.
  virtual uint64_t Begin(TurnOrder order, Done done) = 0;
  // The turn's `done` is not called any more. Of an ended turn: nothing.
  virtual void Cancel(uint64_t turn) = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_CLIENT_H_
