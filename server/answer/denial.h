#ifndef HITHER_SERVER_ANSWER_DENIAL_H_
#define HITHER_SERVER_ANSWER_DENIAL_H_

#include <cstddef>
#include <cstdint>

#include "dns/name_hash.h"
#include "server/answer/response_writer.h"
#include "zones/image/zone_view.h"

namespace hither {

// Collects the NSEC or NSEC3 records of a denial of existence, each once and only necessary ones,
// and then writes them to the authority section. Which ones: RFC 4035 §3.1.3, RFC 5155 §7.2.
// Collected first, because an alias's proof is known before the answer section is complete. In an
// unsigned zone it collects nothing.
class Denial {
 public:
  explicit Denial(ZoneView zone) : zone_(zone) {}

  void NeedNxDomain(const HashedName& qname, const Lookup& at);
  void NeedNoData(const HashedName& qname, const Lookup& at);
  // The queried name does not exist itself; a wildcard's records answered.
  void NeedWildcard(const HashedName& qname, const Lookup& at);
  // `cut` has no DS. Only in a signed zone.
  void NeedInsecure(NodeId cut);

  // False when a record did not fit; the answer must then be truncated.
  bool Write(ResponseWriter& reply) const;

  // The work to find them (work.h).
  uint32_t work() const { return work_; }

 private:
  void Need(NodeId node);
  void NeedMatchOrEncloserProof(NodeId node);
  void NeedEncloserAndWildcard(const HashedName& qname, NodeId encloser);
  void NeedNextCloser(NameView next_closer);
  void NeedNsecAt(NameView name);

  // One for each alias from a wildcard, three for the last name.
  static constexpr size_t kNodesMax = 32;
  const ZoneView zone_;
  NodeId nodes_[kNodesMax];
  size_t count_ = 0;
  uint32_t work_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_DENIAL_H_
