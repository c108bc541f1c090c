#ifndef HITHER_TESTS_MODEL_PROOF_JUDGE_H_
#define HITHER_TESTS_MODEL_PROOF_JUDGE_H_

#include <set>
#include <string>
#include <vector>

#include "dns/name.h"
#include "dns/rr_type.h"
#include "tests/support/fake_signer.h"
#include "tests/support/reply_parser.h"

namespace hither::model {

// A validator that believes every signature: it looks only at what an answer must show so that
// nobody could have left something out (RFC 4035 §5.4, RFC 5155 §8). It knows the question, the
// answer and the zone's apex, and nothing of the zone's content.
class ProofJudge {
 public:
  // `chain` as the zone's NSEC3PARAM says; null for a zone with NSEC.
  ProofJudge(const Name& apex, const Nsec3Chain* chain) : apex_(apex), chain_(chain) {}

  // Empty if all is proven; kInsecure if an opt-out span leaves open whether there is more; or what
  // is wrong.
  static constexpr char kInsecure[] = "insecure";
  std::string Judge(const Name& qname, RrType qtype, const ParsedMessage& reply);

 private:
  struct Denier {  // An NSEC or NSEC3 record.
    Name owner;
    Name next;              // Of an NSEC.
    std::string hash;       // Of an NSEC3's owner.
    std::string next_hash;  // 20 octets.
    bool opt_out = false;
    std::set<uint16_t> types;
    bool Has(RrType type) const { return types.count(static_cast<uint16_t>(type)) != 0; }
  };

  std::string CheckSignatures() const;
  void ReadDeniers();
  std::string FollowAnswer(Name& name, RrType qtype, bool& answered);
  std::string CheckExpansion(const Name& owner, RrType type) const;
  std::string CheckReferral(const Name& cut) const;
  std::string CheckNameError(const Name& name) const;
  std::string CheckNoData(const Name& name, RrType type) const;
  std::string CheckNoDataByNsec(const Name& name, RrType type) const;
  std::string CheckNoDataByNsec3(const Name& name, RrType type) const;

  const ParsedRecord* Find(int section, const Name& owner, RrType type) const;
  const Denier* Matching(const Name& name) const;
  const Denier* Covering(const Name& name) const;
  bool FindEncloser(const Name& name, Name& encloser, const Denier*& next_closer) const;
  static bool Denies(const Denier& denier, RrType type);

  const Name apex_;
  const Nsec3Chain* const chain_;
  const ParsedMessage* reply_ = nullptr;
  std::vector<Denier> deniers_;
};

}  // namespace hither::model

#endif  // HITHER_TESTS_MODEL_PROOF_JUDGE_H_
