#include "server/transfer/record_cursor.h"

#include <cstring>

#include "dns/query.h"
#include "dns/rdata.h"

namespace hither {
namespace {

// RFC 3597 §4: "Receiving servers MUST decompress" the types of RFC 1035, "and SHOULD also
// decompress RRs of type RP, AFSDB, RT, SIG, PX, NXT, NAPTR, and SRV".
bool MayBeCompressed(RrType type) {
  if (NamesOf(type).compressible) return true;
  switch (type) {
    case RrType::kRp:
    case RrType::kAfsdb:
    case RrType::kRt:
    case RrType::kSig:
    case RrType::kPx:
    case RrType::kNxt:
    case RrType::kNaptr:
    case RrType::kSrv:
      return true;
    default:
      return false;
  }
}

}  // namespace

RecordCursor::RecordCursor(ByteView message) : message_(message) {
  if (message.size() < kHeaderBytes) {
    Fail("is shorter than a header");
    return;
  }
  id_ = LoadU16(message.data());
  flags_ = LoadU16(message.data() + 2);
  questions_ = LoadU16(message.data() + 4);
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] = LoadU16(message.data() + 6 + 2 * i);
  at_ = kHeaderBytes;
}

bool RecordCursor::Fail(const char* fault) {
  if (fault_ == nullptr) fault_ = fault;
  return false;
}

// Appends the name at `at` to `buffer`. Returns the octets that it takes there, up to its end or
// its first pointer; 0 for a fault.
size_t RecordCursor::Expand(size_t at, std::array<uint8_t, kNameBytesMax>& buffer, size_t& size) {
  size_t bytes = 0;
  size = 0;
  for (int pointers = 0; pointers <= kPointersMax; ++pointers) {
    const NameScan scan = ScanName(message_.subspan(at));
    if (scan.end != NameEnd::kRoot && scan.end != NameEnd::kPointer) {
      Fail(scan.end == NameEnd::kEarly     ? "ends within a name"
           : scan.end == NameEnd::kTooLong ? "has a name over 255 octets"
                                           : "has a label over 63 octets");
      return 0;
    }
    if (size + scan.bytes > kNameBytesMax) {
      Fail("has a name over 255 octets");
      return 0;
    }
    CopyNameOctets(buffer.data() + size, message_.data() + at, scan.bytes);
    size += scan.bytes;
    const bool is_pointer = scan.end == NameEnd::kPointer;
    if (is_pointer && at + scan.bytes + 2 > message_.size()) {
      Fail("ends within a name");
      return 0;
    }
    if (bytes == 0) bytes = scan.bytes + (is_pointer ? 2u : 0u);
    if (!is_pointer) return bytes;
    const size_t target = LoadU16(message_.data() + at + scan.bytes) & 0x3fff;
    // RFC 1035 §4.1.4: "a prior occurrence". Before these labels, so that no chain is a loop.
    if (target >= at || target < kHeaderBytes) {
      Fail("has a compressed name that does not point backwards");
      return 0;
    }
    at = target;
  }
  Fail("has a name of over 127 pointers");
  return 0;
}

bool RecordCursor::TakeName(std::array<uint8_t, kNameBytesMax>& buffer, NameView& name) {
  size_t size = 0;
  const size_t bytes = Expand(at_, buffer, size);
  if (bytes == 0) return false;
  at_ += bytes;
  name = NameView(ByteView(buffer.data(), size));
  return true;
}

bool RecordCursor::NextQuestion(WireQuestion& question) {
  if (fault_ != nullptr || questions_read_ == questions_) return false;
  if (!TakeName(owner_, question.name)) return false;
  if (message_.size() - at_ < 4) return Fail("ends within its question");
  question.type = static_cast<RrType>(LoadU16(message_.data() + at_));
  question.klass = LoadU16(message_.data() + at_ + 2);
  at_ += 4;
  ++questions_read_;
  return true;
}

bool RecordCursor::Next(WireRecord& record) {
  WireQuestion skipped;
  while (NextQuestion(skipped)) continue;  // 5 octets each at least: the message is the limit.
  if (fault_ != nullptr) return false;
  while (section_ < counts_.size() && records_read_ == counts_[section_]) {
    ++section_;
    records_read_ = 0;
  }
  if (section_ == counts_.size()) {
    done_ = true;
    return at_ == message_.size() ? false : Fail("has octets after its last record");
  }
  record.section = static_cast<Section>(section_);
  if (!TakeName(owner_, record.owner)) return false;
  if (message_.size() - at_ < kFixedBytes) return Fail("ends within a record");
  const uint8_t* const fields = message_.data() + at_;
  record.type = static_cast<RrType>(LoadU16(fields));
  record.klass = LoadU16(fields + 2);
  record.ttl = LoadU32(fields + 4);
  at_ += kFixedBytes;
  if (!TakeRdata(LoadU16(fields + 8), record)) return false;
  ++records_read_;
  return true;
}

bool RecordCursor::TakeRdata(size_t bytes, WireRecord& record) {
  if (message_.size() - at_ < bytes) return Fail("ends within a record");
  const size_t end = at_ + bytes;
  record.rdata = message_.subspan(at_, bytes);
  // RFC 2136 has records without RDATA: nothing to decompress.
  if (bytes > 0 && MayBeCompressed(record.type)) {
    const RdataNames& names = NamesOf(record.type);
    const bool is_naptr = record.type == RrType::kNaptr;
    const size_t before = is_naptr ? NaptrStringsEnd(end) - at_ : names.fixed_before;
    if (!Decompress(end, before, is_naptr ? 1 : names.names)) return false;
    record.rdata = rdata_;
  }
  at_ = end;
  if (record.owner.size() + kFixedBytes + record.rdata.size() > kRecordBytesMax) {
    return Fail("has a record over 65,535 octets");
  }
  return true;
}

// Where the strings of a NAPTR end (RFC 3403 §4.1): four octets, three strings.
size_t RecordCursor::NaptrStringsEnd(size_t end) const {
  size_t at = at_ + 4;
  for (int i = 0; i < 3 && at < end; ++i) at += 1u + message_[at];
  return at;
}

// Copies the RDATA up to `end` to rdata_, its names decompressed.
bool RecordCursor::Decompress(size_t end, size_t fixed_before, size_t names) {
  if (end - at_ < fixed_before) return Fail("has RDATA that ends early");
  size_t at = at_ + fixed_before;
  rdata_.assign(message_.begin() + static_cast<ptrdiff_t>(at_),
                message_.begin() + static_cast<ptrdiff_t>(at));
  std::array<uint8_t, kNameBytesMax> name;
  for (size_t i = 0; i < names; ++i) {
    size_t size = 0;
    const size_t bytes = Expand(at, name, size);
    if (bytes == 0) return false;
    if (bytes > end - at) return Fail("has a name that ends outside of its RDATA");
    rdata_.insert(rdata_.end(), name.begin(), name.begin() + static_cast<ptrdiff_t>(size));
    at += bytes;
  }
  rdata_.insert(rdata_.end(), message_.begin() + static_cast<ptrdiff_t>(at),
                message_.begin() + static_cast<ptrdiff_t>(end));
  return true;
}

}  // namespace hither
