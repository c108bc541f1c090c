#ifndef HITHER_SERVER_ANSWER_RESPONSE_WRITER_H_
#define HITHER_SERVER_ANSWER_RESPONSE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "dns/edns.h"
#include "dns/name.h"
#include "dns/name_hash.h"
#include "dns/query.h"
#include "server/answer/work.h"
#include "zones/image/image_layout.h"

namespace hither {

enum class Section : uint8_t { kAnswer, kAuthority, kAdditional };

// Encodes an answer into the transport's buffer: RRsets complete or not at all, names compressed
// (RFC 1035 §4.1.4), never a record over the limit. answer.cc selects the records.
//
// Compression matches names octet by octet, so that each name keeps the case of its zone file.
// Only owners that are the question's name or its ancestors take the question's case: there a
// pointer into the question always works, and resolvers that randomize case expect it.
//
// An answer's cost is bounded: a zone's owner, who may be hostile, chooses its names and RRsets.
// The answer's limit determines how many labels compression looks at; later names are written
// uncompressed. RRsets that were written but did not fit count, too: see kUndoneBytesMax.
//
// Data members: the state of one answer, all of it hot, in one object that a worker reuses.
class ResponseWriter {
 public:
  ResponseWriter() = default;
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  // Begins an answer to `query`, whose question is in `message`. Nothing will be written at or past
  // `limit` octets; the last `reserve` of these are kept for Finish()'s OPT.
  void Start(std::span<uint8_t> buffer, size_t limit, size_t reserve, ByteView message,
             const Query& query);

  void SetAuthoritative(bool authoritative) { authoritative_ = authoritative; }
  bool truncated() const { return truncated_; }
  bool has_answers() const { return counts_[0] != 0; }

  // Removes all records and sets TC: a client must retry over TCP, and must not use records that
  // came with TC (RFC 2181 §9), so sending them would only help amplification.
  void Truncate();
  void SetTruncated(bool truncated) { truncated_ = truncated; }
  bool IsEmpty() const { return counts_[0] + counts_[1] + counts_[2] == 0; }

  // No more optional RRsets should be tried.
  bool HasWasted() const { return undone_bytes_ >= kUndoneBytesMax; }
  // The work on this answer so far (work.h); AddWork() adds others' work.
  uint32_t work() const {
    return work_ + LabelsUsed() + static_cast<uint32_t>(end_) / kWorkOfOctets;
  }
  void AddWork(uint32_t units) { work_ += units; }

  // An RRset and, if `signatures` is not null, its RRSIGs; or nothing, and false, if they do not
  // fit. `owner_offset` is where the owner already is in the message, 0 if unknown.
  struct Rendering {
    NameView owner;
    uint16_t owner_offset = 0;
    uint32_t ttl_seconds_max = UINT32_MAX;
  };
  bool AddRRset(Section section, const Rendering& how, const RRset& rrset, const RRset* signatures);

  // One record of an RRset with synthesized RDATA: a DNAME's CNAME (RFC 6672 §3.1).
  bool AddCname(NameView owner, uint16_t owner_offset, uint32_t ttl_seconds, NameView target);
  bool AddText(RrClass klass, ByteView text);  // CHAOS TXT at the question's name, TTL 0.

  // Completes header, OPT (null: the query had none) and the TSIG of a query that was signed with
  // a key we do not know (else null); returns the answer's size.
  size_t Finish(Rcode rcode, const OptReply* opt, const Tsig* tsig);

  // The offset of the last `labels` labels of the question's name, for owners at or above it.
  uint16_t QuestionOffset(size_t labels) const;

 private:
  // Undoes a half-written RRset.
  struct Mark {
    size_t end;
    uint16_t count;
    uint16_t names_logged;
  };

  bool Fits(size_t bytes) const { return end_ + bytes <= limit_; }
  bool MayFit(const RRset& rrset, const RRset* signatures) const;
  bool WriteName(NameView name);
  bool WriteWhole(NameView name);
  uint16_t FindSuffix(uint64_t hash, NameView suffix, uint32_t& slot);
  uint32_t LabelsUsed() const { return static_cast<uint32_t>(labels_max_ - labels_left_); }
  bool WriteHead(const Rendering& how, uint16_t& owner_at, RrType type, uint32_t ttl_seconds);
  bool WriteFixed(const Rendering& how, RrType type, uint32_t ttl_seconds);
  bool WriteRecords(const Rendering& how, uint16_t& owner_at, const RRset& rrset);
  bool WriteRdata(RrType type, ByteView rdata);
  bool NameStandsAt(size_t offset, NameView name);
  void Remember(uint32_t slot, uint64_t hash, size_t offset);
  void Undo(const Mark& mark, Section section);
  void RememberQuestion();
  void ClearNames();

  static constexpr size_t kSlots = 256;    // Of remembered names; a power of two.
  static constexpr size_t kProbesMax = 4;  // Then a name is simply not found, or not remembered.
  static constexpr size_t kPointerMax = 0x3fff;
  // Labels that compression may look at: the octets of the answer divided by this, at least.
  static constexpr size_t kBytesPerLabel = 8;
  static constexpr size_t kLabelsMin = 1'024;
  // Octets of optional RRsets that did not fit; then no more are tried.
  static constexpr uint32_t kUndoneBytesMax = 16 << 10;
  static constexpr uint32_t kUndoneBytesMin = 64;  // An RRset that does not fit counts this much.
  static uint32_t SlotOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) % kSlots; }

  uint8_t* data_ = nullptr;
  size_t end_ = 0;
  size_t limit_ = 0;
  size_t reserve_ = 0;
  size_t question_bytes_ = 0;
  size_t question_labels_ = 0;
  NameView question_;
  uint16_t id_ = 0;
  uint16_t flags_ = 0;
  bool authoritative_ = false;
  bool truncated_ = false;
  uint16_t counts_[3] = {};
  uint16_t names_[kSlots] = {};    // Offsets, by hash; 0: free.
  uint32_t tags_[kSlots];          // The other half of the hash: few other names are compared.
  uint8_t name_log_[kSlots] = {};  // Slots in the order of filling.
  uint16_t names_logged_ = 0;
  bool knows_question_ = false;
  int32_t labels_max_ = 0;
  int32_t labels_left_ = 0;
  uint32_t undone_bytes_ = 0;
  uint32_t work_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_RESPONSE_WRITER_H_
