#ifndef HITHER_ANYCAST_BGP_BGP_REMEDY_H_
#define HITHER_ANYCAST_BGP_BGP_REMEDY_H_

#include <cstdint>
#include <string>

#include "anycast/bgp/bgp_notification.h"
#include "anycast/bgp/bgp_open.h"

// What an operator can do about a session that does not come up or ended, with the settings of both
// sides. Pure. Empty: the error says all that is known.
namespace hither {

// `theirs` has AS 0 if no OPEN was received.
std::string RemedyOfReceived(const Notification& notification, const BgpOpen& ours,
                             const BgpOpen& theirs);
std::string RemedyOfSent(const Notification& notification, const BgpOpen& ours,
                         const BgpOpen& theirs, uint32_t peer_as);

// For a connection that fails with `error` (an errno). A neighbor whose TCP MD5 password differs
// answers nothing at all.
std::string RemedyOfConnecting(int error, bool has_password, bool has_ttl_security = false);

// For a connection over which no OPEN comes. With RFC 5082 on one side only, that side drops what
// the other sends, without a word.
std::string RemedyOfNoOpen(bool has_ttl_security);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_REMEDY_H_
