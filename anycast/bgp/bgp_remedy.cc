#include "anycast/bgp/bgp_remedy.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "daemon/config/router_id.h"

namespace hither {
namespace {

std::string HoldTimes(const BgpOpen& ours, const BgpOpen& theirs) {
  std::string text = absl::StrCat("hold_time here is ", ours.hold_seconds, " s");
  if (theirs.as != 0) absl::StrAppend(&text, ", the neighbor's is ", theirs.hold_seconds, " s");
  return text;
}

std::string Roles(const BgpOpen& ours, const BgpOpen& theirs) {
  std::string text = ours.role.has_value()
                         ? absl::StrCat("this host's role is ", RoleText(*ours.role))
                         : "this host has no role";
  if (theirs.has_two_roles) {
    absl::StrAppend(&text, ", the neighbor names two different ones");
  } else if (theirs.role.has_value()) {
    absl::StrAppend(&text, ", the neighbor's is ", RoleText(*theirs.role));
  } else if (theirs.as != 0) {
    absl::StrAppend(&text, ", the neighbor has none");
  }
  return text;
}

// RFC 9234 §4.2.
std::string OfRoles(const BgpOpen& ours, const BgpOpen& theirs) {
  constexpr absl::string_view kPairs = "customer and provider, rs-client and rs, or peer and peer";
  if (!ours.role.has_value()) {
    return absl::StrCat(Roles(ours, theirs), ", and the neighbor requires one: set role: of this ",
                        "neighbor to the counterpart of its role (", kPairs, ")");
  }
  return absl::StrCat(Roles(ours, theirs), "; the two must be ", kPairs,
                      ": correct role: of this neighbor, or the role on the neighbor");
}

std::string OfReceivedOpenError(uint8_t subcode, const BgpOpen& ours, const BgpOpen& theirs) {
  switch (subcode) {
    case kBadPeerAs:
      return absl::StrCat("the neighbor does not expect AS ", ours.as,
                          " from here: correct bgp: local_as, or the AS of its neighbor statement "
                          "for this host");
    case kBadIdentifier:
      return absl::StrCat("the router ID here is ", RouterIdText(ours.identifier),
                          "; the neighbor may have the same one: set another bgp: router_id");
    case kBadHoldTime:
      return absl::StrCat(HoldTimes(ours, theirs),
                          ": raise hold_time of this neighbor, or lower the minimum that the "
                          "neighbor accepts");
    case kRoleMismatch:
      return OfRoles(ours, theirs);
    default:
      return "";
  }
}

std::string OfReceivedCease(uint8_t subcode) {
  switch (subcode) {
    case kMaximumPrefixes:
      return "announce fewer prefixes to it, or raise the neighbor's limit";
    case kPeerDeconfigured:
      return "its neighbor statement for this host was removed";
    case kConnectionRejected:
      return "it may have no neighbor statement for the address that this host connects from, or "
             "has it shut down";
    default:
      return "";
  }
}

}  // namespace

std::string RemedyOfReceived(const Notification& notification, const BgpOpen& ours,
                             const BgpOpen& theirs) {
  switch (notification.code) {
    case NotificationCode::kOpen:
      return OfReceivedOpenError(notification.subcode, ours, theirs);
    case NotificationCode::kUpdate:
      if (notification.subcode != kInvalidNextHop) return "";
      return "set next_hop_v4 or next_hop_v6 to an address of this host on the neighbor's subnet; "
             "a BGP daemon on this host itself accepts no address of this host: use kernel: "
             "with it";
    case NotificationCode::kHoldTimer:
      return absl::StrCat("it received nothing from here for its hold time; ",
                          HoldTimes(ours, theirs),
                          ": look for packet loss, and for a host that was overloaded or "
                          "suspended");
    case NotificationCode::kCease:
      return OfReceivedCease(notification.subcode);
    default:
      return "";
  }
}

std::string RemedyOfSent(const Notification& notification, const BgpOpen& ours,
                         const BgpOpen& theirs, uint32_t peer_as) {
  if (notification.code != NotificationCode::kOpen || theirs.as == 0) return "";
  switch (notification.subcode) {
    case kBadPeerAs:
      return absl::StrCat("the neighbor's AS is ", theirs.as, ", configured is ", peer_as,
                          ": correct as: of this neighbor");
    case kBadIdentifier:
      return absl::StrCat("the neighbor's router ID is ", RouterIdText(theirs.identifier),
                          ", the one here ", RouterIdText(ours.identifier),
                          ": they must differ within an AS and not be 0.0.0.0");
    case kBadHoldTime:
      return absl::StrCat(HoldTimes(ours, theirs),
                          ": set at least 3 s on the neighbor; without a hold time it would keep "
                          "the routes of a hung sidecar");
    case kRoleMismatch:
      return theirs.role.has_value()
                 ? OfRoles(ours, theirs)
                 : absl::StrCat(Roles(ours, theirs), ": set one on the neighbor, or remove ",
                                "role_strict of this neighbor");
    default:
      return "";
  }
}

std::string RemedyOfNoOpen(bool has_ttl_security) {
  constexpr absl::string_view kWhat = "it accepts the connection, but no OPEN arrives: ";
  return has_ttl_security
             ? absl::StrCat(kWhat,
                            "it may send with a TTL below 255, which ttl_security drops "
                            "here: set TTL security on the neighbor, too, or remove it "
                            "here; or it has no neighbor statement for this host")
             : absl::StrCat(kWhat,
                            "it may require TTL security (RFC 5082): then set ttl_security: "
                            "true of this neighbor; or it has no neighbor statement for "
                            "this host");
}

std::string RemedyOfConnecting(int error, bool has_password, bool has_ttl_security) {
  switch (error) {
    case ECONNREFUSED:
      return "no BGP daemon accepts connections at this address: check that it runs, and on which "
             "addresses it listens";
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "check the route to it, and firewalls on the way";
    case ETIMEDOUT:
      if (has_ttl_security) {
        return absl::StrCat(RemedyOfConnecting(error, has_password),
                            "; ttl_security drops what it sends with a TTL below 255, so it needs "
                            "TTL security (RFC 5082), too");
      }
      return has_password
                 ? "nothing answers: check its address and the path to it, and that it has the "
                   "same TCP MD5 password for this host; a neighbor without one, or with another, "
                   "does not answer"
                 : "nothing answers: check its address and the path to it; a neighbor that has a "
                   "TCP MD5 password for this host does not answer until password_file is set "
                   "here as well";
    default:
      return "";
  }
}

}  // namespace hither
