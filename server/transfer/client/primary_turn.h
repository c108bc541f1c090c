#ifndef HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_TURN_H_
#define HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_TURN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/socket_address.h"
#include "daemon/config/primary_list.h"
#include "dns/name.h"
#include "dns/tsig/tsig_key.h"
#include "server/transfer/soa_fields.h"
#include "server/transfer/transfer_diff.h"
#include "server/transfer/transfer_pace.h"

namespace hither {

// A primary with its key: a value.
struct PrimarySpec {
  PrimaryConfig config = {};
  std::optional<TsigKey> key = std::nullopt;  // Of config.key.
  friend bool operator==(const PrimarySpec&, const PrimarySpec&) = default;
};

// One zone asks one primary for what is new: its SOA and then, if that is newer, IXFR or AXFR.
struct TurnOrder {
  Name zone = {};
  // The serial of the version that the zone holds. None: it holds none, and any is wanted.
  std::optional<uint32_t> held_serial = std::nullopt;
  // The differences from the held version may not be what this primary means (another primary's
  // version, or differences that did not fit): AXFR only.
  bool axfr_only = false;
  // Only asks for the SOA: kNewer instead of a transfer.
  bool is_check = false;
  // An operator's order: the whole zone, whatever its serial.
  bool is_order = false;
  // The serial of a NOTIFY, after held_serial: the SOA need not be asked for.
  std::optional<uint32_t> hint = std::nullopt;
  PaceLimits pace = {};
  // May this serial, which the primary offers, be transferred (RefreshTimer::MayTransfer())? Asked
  // when another serial is offered, possibly within Begin(); must not call the client. Null: yes.
  std::function<bool(uint32_t serial)> may_transfer = nullptr;
};

struct TurnResult {
  enum class Kind : uint8_t {
    kCurrent,  // The primary has the held serial.
    kNewer,    // It has a later one, says a check.
    kBehind,   // It has an older one, or less than the hint.
    kHeld,     // may_transfer() said no.
    kWhole,    // `whole`
    kDiffs,    // `diffs`, from the held serial to soa.serial.
    kBroken,   // What came broke the rules or the limits: soa, if it came, has the serial.
    kFailed,   // It answers, but is of no use: refused, lame, TSIG error, closed amid a transfer.
    kUnreachable,  // It does not answer, or is not who it should be.
    kOwnFault,     // No descriptor, no memory, no address: not the primary's fault.
  } kind = Kind::kFailed;
  std::optional<SoaFields> soa = std::nullopt;            // The zone's at the primary, once known.
  std::optional<uint32_t> expire_seconds = std::nullopt;  // Of the EXPIRE option (RFC 7314).
  TransferRecords whole = {};
  std::vector<TransferDiff> diffs = {};
  // Why, for the kinds that need a reason, to be read after "ZONE from PRIMARY: ".
  std::string reason = {};
  std::string warning = {};  // "3 records outside of the zone were ignored"
  // Of the transfer, as sent.
  uint64_t octets = 0;
  uint64_t records = 0;
  absl::Duration took = absl::ZeroDuration();
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_CLIENT_PRIMARY_TURN_H_
