#include "server/answer/response_writer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "dns/name_hash.h"
#include "dns/rdata.h"

namespace hither {

void ResponseWriter::Start(std::span<uint8_t> buffer, size_t limit, size_t reserve,
                           ByteView message, const Query& query) {
  data_ = buffer.data();
  limit_ = std::min(limit, buffer.size());
  HITHER_CHECK(limit_ >= kHeaderBytes + query.question_bytes);
  // Finish() shortens an OPT that leaves no room.
  reserve_ = std::min(reserve, limit_ - kHeaderBytes - query.question_bytes);
  limit_ -= reserve_;
  id_ = query.id;
  flags_ = query.flags;
  authoritative_ = truncated_ = false;
  std::fill(std::begin(counts_), std::end(counts_), uint16_t{0});
  ClearNames();
  labels_max_ = labels_left_ = static_cast<int32_t>(std::max(limit_ / kBytesPerLabel, kLabelsMin));
  undone_bytes_ = work_ = 0;
  question_ = query.name;
  question_bytes_ = query.question_bytes;
  question_labels_ = question_bytes_ == 0 ? 0 : question_.label_count();
  std::memcpy(data_ + kHeaderBytes, message.data() + kHeaderBytes, question_bytes_);
  end_ = kHeaderBytes + question_bytes_;
}

uint16_t ResponseWriter::QuestionOffset(size_t labels) const {
  size_t offset = kHeaderBytes;
  for (size_t have = question_labels_; have > labels; --have) offset += 1u + data_[offset];
  return static_cast<uint16_t>(offset);
}

void ResponseWriter::ClearNames() {
  for (uint16_t i = 0; i < names_logged_; ++i) names_[name_log_[i]] = 0;
  names_logged_ = 0;
  knows_question_ = false;
}

// Not in Start(): most answers contain no name besides the question's.
void ResponseWriter::RememberQuestion() {
  knows_question_ = true;
  const HashedName hashed(question_);
  for (size_t labels = question_labels_; labels > 0; --labels) {
    const uint64_t hash = hashed.SuffixHash(labels);
    const uint32_t slot = SlotOf(hash);
    if (names_[slot] == 0) Remember(slot, hash, kHeaderBytes + hashed.SuffixOffset(labels));
  }
}

void ResponseWriter::Truncate() {
  ClearNames();
  std::fill(std::begin(counts_), std::end(counts_), uint16_t{0});
  AddWork(static_cast<uint32_t>(end_) / kWorkOfOctets);
  end_ = kHeaderBytes + question_bytes_;
  truncated_ = true;
}

void ResponseWriter::Undo(const Mark& mark, Section section) {
  while (names_logged_ > mark.names_logged) names_[name_log_[--names_logged_]] = 0;
  const auto undone = static_cast<uint32_t>(end_ - mark.end) + kUndoneBytesMin;
  undone_bytes_ += undone;
  AddWork(undone / kWorkOfOctets);
  end_ = mark.end;
  counts_[static_cast<size_t>(section)] = mark.count;
}

void ResponseWriter::Remember(uint32_t slot, uint64_t hash, size_t offset) {
  if (offset > kPointerMax) return;
  names_[slot] = static_cast<uint16_t>(offset);
  tags_[slot] = static_cast<uint32_t>(hash);
  name_log_[names_logged_++] = static_cast<uint8_t>(slot);
}

// Does exactly `name` start at `offset`? All pointers there are ours and go backwards. Names chosen
// to have equal hashes may differ only in their last label.
bool ResponseWriter::NameStandsAt(size_t offset, NameView name) {
  const uint8_t* want = name.data();
  while (true) {
    while (data_[offset] >= 0xc0) offset = LoadU16(data_ + offset) & kPointerMax;
    if (data_[offset] != *want) return false;
    const size_t bytes = 1u + *want;
    if (std::memcmp(data_ + offset, want, bytes) != 0) return false;
    if (bytes == 1) return true;
    --labels_left_;
    offset += bytes;
    want += bytes;
  }
}

// Where the suffix of `name` with this hash already is in the message; 0 if it is not, and then
// `slot` is where to remember it, or kSlots.
uint16_t ResponseWriter::FindSuffix(uint64_t hash, NameView suffix, uint32_t& slot) {
  --labels_left_;
  slot = SlotOf(hash);
  for (size_t probe = 0; probe < kProbesMax; ++probe, slot = (slot + 1) % kSlots) {
    if (names_[slot] == 0) return 0;
    if (tags_[slot] == static_cast<uint32_t>(hash) && NameStandsAt(names_[slot], suffix)) {
      return names_[slot];
    }
  }
  slot = kSlots;
  return 0;
}

bool ResponseWriter::WriteName(NameView name) {
  if (labels_left_ <= 0) return WriteWhole(name);
  if (!knows_question_) RememberQuestion();
  const HashedName hashed(name);
  // The longest suffix already in the message.
  uint32_t slots[kNameLabelsMax + 1];
  size_t labels = hashed.label_count();
  uint16_t pointer = 0;
  for (; labels > 0; --labels) {
    pointer = FindSuffix(hashed.SuffixHash(labels), hashed.Suffix(labels), slots[labels]);
    if (pointer != 0) break;
  }
  const size_t literal_bytes = hashed.SuffixOffset(labels);
  if (!Fits(literal_bytes + (pointer != 0 ? 2 : 1))) return false;
  std::memcpy(data_ + end_, name.data(), literal_bytes);
  for (size_t have = hashed.label_count(); have > labels; --have) {
    // Two suffixes of one name may have found the same free slot; the longer one gets it.
    if (slots[have] != kSlots && names_[slots[have]] == 0) {
      Remember(slots[have], hashed.SuffixHash(have), end_ + hashed.SuffixOffset(have));
    }
  }
  end_ += literal_bytes;
  if (pointer == 0) {
    data_[end_++] = 0;
    return true;
  }
  StoreU16(data_ + end_, static_cast<uint16_t>(0xc000 | pointer));
  end_ += 2;
  return true;
}

// Has compression cost enough?
bool ResponseWriter::WriteWhole(NameView name) {
  if (!Fits(name.size())) return false;
  CopyNameOctets(data_ + end_, name.data(), name.size());
  end_ += name.size();
  return true;
}

// The owner, then WriteFixed(). The first record of an RRset writes the owner, the others point to
// it.
bool ResponseWriter::WriteHead(const Rendering& how, uint16_t& owner_at, RrType type,
                               uint32_t ttl_seconds) {
  if (owner_at == 0) {
    const size_t at = end_;
    if (!WriteName(how.owner)) return false;
    if (how.owner.IsRoot()) return WriteFixed(how, type, ttl_seconds);  // Shorter than a pointer.
    if (data_[at] >= 0xc0) {
      owner_at = LoadU16(data_ + at) & kPointerMax;  // Not to a pointer: some parsers refuse two.
    } else if (at <= kPointerMax) {
      owner_at = static_cast<uint16_t>(at);
    }
  } else {
    if (!Fits(2)) return false;
    StoreU16(data_ + end_, static_cast<uint16_t>(0xc000 | owner_at));
    end_ += 2;
  }
  return WriteFixed(how, type, ttl_seconds);
}

// Type, class, TTL.
bool ResponseWriter::WriteFixed(const Rendering& how, RrType type, uint32_t ttl_seconds) {
  if (!Fits(8)) return false;
  StoreU16(data_ + end_, static_cast<uint16_t>(type));
  StoreU16(data_ + end_ + 2, static_cast<uint16_t>(RrClass::kIn));
  StoreU32(data_ + end_ + 4, std::min(ttl_seconds, how.ttl_seconds_max));
  end_ += 8;
  return true;
}

bool ResponseWriter::WriteRdata(RrType type, ByteView rdata) {
  const RdataNames& names = NamesOf(type);
  if (!names.compressible) {
    if (!Fits(2 + rdata.size())) return false;
    StoreU16(data_ + end_, static_cast<uint16_t>(rdata.size()));
    std::memcpy(data_ + end_ + 2, rdata.data(), rdata.size());
    end_ += 2 + rdata.size();
    return true;
  }
  if (!Fits(2 + names.fixed_before)) return false;
  const size_t length_at = end_;
  std::memcpy(data_ + end_ + 2, rdata.data(), names.fixed_before);
  end_ += 2u + names.fixed_before;
  size_t read = names.fixed_before;
  for (uint8_t i = 0; i < names.names; ++i) {
    const NameView name = NameInRdata(type, rdata, i);
    if (!WriteName(name)) return false;
    read += name.size();
  }
  const size_t rest = rdata.size() - read;
  if (!Fits(rest)) return false;
  std::memcpy(data_ + end_, rdata.data() + read, rest);
  end_ += rest;
  StoreU16(data_ + length_at, static_cast<uint16_t>(end_ - length_at - 2));
  return true;
}

bool ResponseWriter::WriteRecords(const Rendering& how, uint16_t& owner_at, const RRset& rrset) {
  for (const ByteView rdata : rrset.Records()) {
    if (!WriteHead(how, owner_at, rrset.type, rrset.ttl_seconds)) return false;
    if (!WriteRdata(rrset.type, rdata)) return false;
  }
  return true;
}

// False if it certainly does not fit: that mostly follows from its count, or was known when its
// zone was loaded.
bool ResponseWriter::MayFit(const RRset& rrset, const RRset* signatures) const {
  constexpr size_t kRecordBytesMin = 11;  // A root's owner, type, class, TTL, length.
  const size_t count = rrset.count + (signatures != nullptr ? size_t{signatures->count} : 0);
  return Fits(count * kRecordBytesMin) && !rrset.fits_no_message &&
         (signatures == nullptr || !signatures->fits_no_message);
}

bool ResponseWriter::AddRRset(Section section, const Rendering& how, const RRset& rrset,
                              const RRset* signatures) {
  if (!MayFit(rrset, signatures)) return false;
  const Mark mark{end_, counts_[static_cast<size_t>(section)], names_logged_};
  uint16_t owner_at = how.owner_offset;
  if (!WriteRecords(how, owner_at, rrset) ||
      (signatures != nullptr && !WriteRecords(how, owner_at, *signatures))) {
    Undo(mark, section);
    return false;
  }
  const size_t count = rrset.count + (signatures != nullptr ? signatures->count : 0u);
  counts_[static_cast<size_t>(section)] = static_cast<uint16_t>(mark.count + count);
  return true;
}

bool ResponseWriter::AddCname(NameView owner, uint16_t owner_offset, uint32_t ttl_seconds,
                              NameView target) {
  const Mark mark{end_, counts_[0], names_logged_};
  const Rendering how{owner, owner_offset};
  if (!WriteHead(how, owner_offset, RrType::kCname, ttl_seconds) ||
      !WriteRdata(RrType::kCname, target.wire())) {
    Undo(mark, Section::kAnswer);
    return false;
  }
  ++counts_[0];
  return true;
}

bool ResponseWriter::AddText(RrClass klass, ByteView text) {
  const size_t length = std::min<size_t>(text.size(), 255);  // One character-string.
  if (!Fits(12 + 1 + length)) return false;
  StoreU16(data_ + end_, 0xc000 | kHeaderBytes);
  StoreU16(data_ + end_ + 2, static_cast<uint16_t>(RrType::kTxt));
  StoreU16(data_ + end_ + 4, static_cast<uint16_t>(klass));
  StoreU32(data_ + end_ + 6, 0);
  StoreU16(data_ + end_ + 10, static_cast<uint16_t>(1 + length));
  data_[end_ + 12] = static_cast<uint8_t>(length);
  std::memcpy(data_ + end_ + 13, text.data(), length);
  end_ += 13 + length;
  ++counts_[0];
  return true;
}

size_t ResponseWriter::Finish(Rcode rcode, const OptReply* opt, const Tsig* tsig) {
  limit_ += reserve_;
  uint16_t additional = counts_[2];
  if (opt != nullptr) {
    OptReply fitting = *opt;
    // Only for a question of 255 octets in a 512-octet answer: then the text is shortened.
    if (!Fits(fitting.Bytes())) fitting.nsid = {};
    if (Fits(fitting.Bytes())) {
      fitting.Write(data_ + end_);
      end_ += fitting.Bytes();
      ++additional;
    }
  }
  if (tsig != nullptr && TsigBytes(*tsig) != 0 && Fits(TsigBytes(*tsig))) {
    WriteBadKey(*tsig, data_ + end_);  // RFC 8945 §5.1: after everything else.
    end_ += TsigBytes(*tsig);
    ++additional;
  }
  // RFC 1035 §4.1.1; RD as it came, all else clear: CD and AD by RFC 4035 §3.1.6, Z by RFC 8906
  // §3.1.4.
  const uint16_t flags = static_cast<uint16_t>(
      kFlagQr | (flags_ & (kOpcodeMask | kFlagRd)) | (authoritative_ ? kFlagAa : 0) |
      (truncated_ ? kFlagTc : 0) | (static_cast<uint16_t>(rcode) & 0xf));
  StoreU16(data_, id_);
  StoreU16(data_ + 2, flags);
  StoreU16(data_ + 4, question_bytes_ == 0 ? 0 : 1);
  StoreU16(data_ + 6, counts_[0]);
  StoreU16(data_ + 8, counts_[1]);
  StoreU16(data_ + 10, additional);
  return end_;
}

}  // namespace hither
