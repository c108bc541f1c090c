#ifndef HITHER_SERVER_TRANSFER_REFRESH_ZONE_TURNS_H_
#define HITHER_SERVER_TRANSFER_REFRESH_ZONE_TURNS_H_

#include "server/transfer/refresh/refresh_desk.h"
#include "server/transfer/refresh/version_making.h"

namespace hither {

// Turns of zones at primaries, from the queue to what came of them.
//
//   kCurrent               the version is confirmed
//   kBehind, kHeld         the next primary; if there is none: confirmed if one had the held serial
//                          (it is only below a NOTIFY's hint), refused if one offers that
//   kWhole, kDiffs         the turn ends, VersionMaking continues
//   kBroken, kFailed, ...  the next primary; if there is none: stale, asked again after retry
//
// A serial whose content was refused is not taken from another primary either: primaries of a zone
// have the same content for a serial. The others are asked in the round after that, and what they
// have with another serial is transferred.
class ZoneTurns {
 public:
  ZoneTurns(RefreshDesk& desk, VersionMaking& making) : desk_(desk), making_(making) {}

  // As many as limits allow.
  void BeginAll();

 private:
  void Begin(const Turn& turn);
  TurnOrder OrderOf(const Turn& turn, const RefreshZone& zone);
  void OnResult(const Turn& turn, TurnResult result);
  void OnHeld(const Turn& turn, RefreshZone& zone, const TurnResult& result);
  void Report(const Turn& turn, RefreshZone& zone, const TurnResult& result);
  void NoteReach(const Turn& turn, const TurnResult& result);
  // After a turn that did not decide.
  void Continue(const Turn& turn, RefreshZone& zone, TurnEnd end, const std::string& reason);

  RefreshDesk& desk_;
  VersionMaking& making_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_ZONE_TURNS_H_
