#ifndef HITHER_ZONES_CHANGE_RECORD_LIST_H_
#define HITHER_ZONES_CHANGE_RECORD_LIST_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "dns/record.h"

namespace hither {

struct RecordLimits {
  uint64_t bytes_max = uint64_t{32} << 30;  // The largest image (image_format.h).
  uint64_t records_max = uint64_t{1} << 32;
};

// <0, 0, >0 in canonical order: owner (RFC 4034 §6.1), type, RDATA (§6.3), then TTL. 0 means that
// both are one record, whatever the case of its names. The RDATA must be valid.
int CompareRecords(const RecordView& a, const RecordView& b);

// The same record in the same case.
bool EqualsExactly(const RecordView& a, const RecordView& b);

// "www.example. 60 A \# 4 c0000201", for messages; long RDATA is cut off.
std::string RecordText(const RecordView& record);

// Records of one zone, one after the other in wire form: owner, type, class IN, TTL, length, RDATA
// (RFC 1035 §3.2.1), names uncompressed, case as given. All are at or below the apex, are data (no
// meta types), have valid RDATA, and a SOA is at the apex.
//
// Threads: those of the owner; a const list may be read by any number. Throws std::bad_alloc.
class RecordList {
 public:
  class Iterator;

  explicit RecordList(NameView apex = NameView(), RecordLimits limits = {})
      : apex_(apex), limits_(limits) {}

  // Reads `wire`, which must be such octets and nothing else.
  static absl::StatusOr<RecordList> Parse(ByteView wire, NameView apex, RecordLimits limits = {});

  // InvalidArgument for a record that does not belong in the list, ResourceExhausted at a limit;
  // then the list is unchanged. `record` must not point into this list.
  absl::Status Add(const RecordView& record);
  // The same for a record of another list of this zone, which has been checked.
  absl::Status AddChecked(const RecordView& record);

  // Brings the records into canonical order, each once; costs nothing if they are.
  void Sort();
  bool is_sorted() const { return is_sorted_; }

  NameView apex() const { return apex_; }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  ByteView octets() const { return octets_; }
  void Reserve(size_t bytes) { octets_.reserve(bytes); }
  Iterator begin() const;
  Iterator end() const;

  // The serial of the one SOA. An error if there is none, or a second one.
  absl::StatusOr<uint32_t> Serial() const;

 private:
  void Append(const RecordView& record);
  bool IsLastBefore(const RecordView& record) const;

  Name apex_;
  RecordLimits limits_;
  Bytes octets_;
  size_t count_ = 0;
  size_t last_at_ = 0;  // Where the last record begins.
  bool is_sorted_ = true;
};

// Reads one record after another from octets that are known to be those of a list.
class RecordList::Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = RecordView;
  using difference_type = std::ptrdiff_t;
  using pointer = const RecordView*;
  using reference = const RecordView&;

  Iterator() = default;
  explicit Iterator(ByteView rest) : rest_(rest) { Read(); }

  const RecordView& operator*() const { return record_; }
  const RecordView* operator->() const { return &record_; }
  Iterator& operator++() {
    rest_ = rest_.subspan(bytes_);
    Read();
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) {
    return a.rest_.size() == b.rest_.size();
  }

 private:
  void Read();

  ByteView rest_;
  size_t bytes_ = 0;  // Of this record.
  RecordView record_ = {NameView(), RrType::kA, 0, {}, {}};
};

inline RecordList::Iterator RecordList::begin() const { return Iterator(octets_); }
inline RecordList::Iterator RecordList::end() const { return Iterator(); }

// The serial in valid RDATA of a SOA (RFC 1035 §3.3.13).
uint32_t SoaSerial(ByteView rdata);

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_RECORD_LIST_H_
