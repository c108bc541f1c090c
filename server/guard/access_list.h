#ifndef HITHER_SERVER_GUARD_ACCESS_LIST_H_
#define HITHER_SERVER_GUARD_ACCESS_LIST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "base/prefix.h"
#include "dns/name.h"

namespace hither {

// Who may do what: the only place where an address, a key, a transport and a certificate are
// compared with what an operator allows. Every transport and every kind of request asks here.

// How a request came.
enum class AccessTransport : uint8_t { kUdp, kTcp, kTls };

// The certificate that a TLS client has shown and proved to have the key of.
struct ClientCertificate {
  static constexpr size_t kPinBytes = 32;
  std::array<uint8_t, kPinBytes> pin = {};  // SHA-256 of its SubjectPublicKeyInfo.
  std::string ca = {};                      // The file whose CA has verified it; "": none has.
  std::vector<std::string> names = {};      // The dNSNames of its subjectAltName.
};

// The sender of one request. Views; valid for the call.
struct AccessClient {
  ByteView address = {};  // 4 or 16 octets in network order; empty: unknown, in no prefix.
  // The name of the TSIG key that has signed the request. Only if its MAC and time are good.
  std::optional<NameView> key = std::nullopt;
  AccessTransport transport = AccessTransport::kUdp;
  const ClientCertificate* certificate = nullptr;  // Null: none; always, but over TLS.
};

// What a rule wants of a client, all of it together. A value.
struct AccessRule {
  enum class Signing : uint8_t {
    kAny,       // Signed or not.
    kUnsigned,  // Only without a TSIG.
    kSigned,    // With any of the server's keys.
    kKey,       // With one of `keys`.
  };
  static constexpr uint8_t Bit(AccessTransport transport) {
    return static_cast<uint8_t>(1u << static_cast<unsigned>(transport));
  }
  static constexpr uint8_t kAllTransports = 7;

  bool is_denial = false;             // What it matches is refused.
  std::vector<Prefix> prefixes = {};  // The address is in one of them. Empty: none matches.
  Signing signing = Signing::kAny;
  std::vector<Name> keys = {};          // With kKey.
  uint8_t transports = kAllTransports;  // Bit() of each.
  // The client's certificate, for which it must come over TLS: its key is one of these, and
  std::vector<std::array<uint8_t, ClientCertificate::kPinBytes>> pins = {};
  // the CA of this file has verified it for this name. Empty: not looked at.
  std::string ca = {};
  std::string host_name = {};
  friend bool operator==(const AccessRule&, const AccessRule&) = default;

  bool NeedsCertificate() const { return !pins.empty() || !ca.empty(); }
};

// Rules in order: the first one that matches completely decides, and no match is a refusal. So a
// denial takes away from the rules after it, as in Knot's `acl` and with `!` in BIND's lists.
//
// IPv4-mapped addresses (::ffff:192.0.2.1, RFC 4291 §2.5.5.2), in rules and of clients, are the
// IPv4 addresses in them: whether a socket takes both families must not decide who has access.
//
// Threads: immutable, so any; asking allocates nothing. Source: the client may be anybody; the
// time depends on the rules alone.
class AccessList {
 public:
  AccessList() = default;
  explicit AccessList(std::vector<AccessRule> rules);

  bool Allows(const AccessClient& client) const;
  bool empty() const { return rules_.empty(); }

 private:
  std::vector<AccessRule> rules_;
};

// Does all of the rule match? `rule` as an AccessList has it, without IPv4-mapped prefixes.
bool Matches(const AccessRule& rule, const AccessClient& client);

// The prefix as IPv4 if it is an IPv4-mapped one, else itself.
Prefix WithoutMapping(const Prefix& prefix);

// Is it in the prefix, as an AccessList has it? `address`: as in AccessClient.
bool Contains(const Prefix& prefix, ByteView address);

// One host: a prefix of 32 or 128 bits.
Prefix HostPrefix(const SocketAddress& address);

}  // namespace hither

#endif  // HITHER_SERVER_GUARD_ACCESS_LIST_H_
