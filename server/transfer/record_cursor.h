#ifndef HITHER_SERVER_TRANSFER_RECORD_CURSOR_H_
#define HITHER_SERVER_TRANSFER_RECORD_CURSOR_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "dns/name.h"
#include "dns/rr_type.h"

namespace hither {

enum class Section : uint8_t { kAnswer, kAuthority, kAdditional };

// One record of a message. `owner` and `rdata` are uncompressed; they are valid until the next call
// of the cursor, and while the message lives.
struct WireRecord {
  Section section = Section::kAnswer;
  NameView owner = {};
  RrType type = RrType{0};
  uint16_t klass = 0;
  uint32_t ttl = 0;  // As sent: an OPT keeps flags there.
  ByteView rdata = {};
};

struct WireQuestion {
  NameView name = {};
  RrType type = RrType{0};
  uint16_t klass = 0;
};

// Walks the questions and then the records of one message (RFC 1035 §4.1) from any sender.
//
//   RecordCursor cursor(message);
//   WireQuestion question;
//   while (cursor.NextQuestion(question)) ...
//   WireRecord record;
//   while (cursor.Next(record)) ...
//   if (!cursor.AtEnd()) ... cursor.fault()
//
// Names are decompressed into buffers of the cursor. RDATA is decompressed for the types that
// RFC 3597 §4 lists; in any other type a compressed name stays as it is, and ValidateRdata()
// rejects it. Whether the rest of the RDATA fits its type is not checked here.
//
// Limits: a pointer leads backwards, to a place before the labels that it continues; 127 pointers a
// name; a record has at most 65,535 octets after decompression, so that it fits a message of ours.
// A record takes at least 11 octets, so the message bounds their number.
class RecordCursor {
 public:
  static constexpr size_t kFixedBytes = 10;          // Of a record: type, class, TTL, length.
  static constexpr size_t kRecordBytesMax = 65'535;  // Owner, these, RDATA.
  static constexpr int kPointersMax = 127;           // As many as a name has labels.

  // The message outlives the cursor.
  explicit RecordCursor(ByteView message);
  RecordCursor(const RecordCursor&) = delete;
  RecordCursor& operator=(const RecordCursor&) = delete;

  // The header; zeros if the message is shorter than one, and then fault() says so.
  uint16_t id() const { return id_; }
  uint16_t flags() const { return flags_; }
  uint16_t questions() const { return questions_; }
  uint16_t records_in(Section section) const { return counts_[static_cast<size_t>(section)]; }

  // False after the last one, or if the message is malformed. Next() skips questions not yet read.
  bool NextQuestion(WireQuestion& question);
  bool Next(WireRecord& record);

  // Was everything read, and did the message end there?
  bool AtEnd() const { return fault_ == nullptr && done_; }
  // What is malformed, to be read after "the message": "ends within a record". Null: nothing yet.
  const char* fault() const { return fault_; }

 private:
  bool Fail(const char* fault);
  bool TakeName(std::array<uint8_t, kNameBytesMax>& buffer, NameView& name);
  size_t Expand(size_t at, std::array<uint8_t, kNameBytesMax>& buffer, size_t& size);
  bool TakeRdata(size_t bytes, WireRecord& record);
  bool Decompress(size_t end, size_t fixed_before, size_t names);
  size_t NaptrStringsEnd(size_t end) const;

  ByteView message_;
  size_t at_ = 0;
  uint16_t id_ = 0;
  uint16_t flags_ = 0;
  uint16_t questions_ = 0;
  std::array<uint16_t, 3> counts_ = {};
  uint16_t questions_read_ = 0;
  size_t section_ = 0;
  uint16_t records_read_ = 0;  // Of the section.
  bool done_ = false;
  const char* fault_ = nullptr;
  std::array<uint8_t, kNameBytesMax> owner_;
  Bytes rdata_;  // Of the current record, if it was decompressed.
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_RECORD_CURSOR_H_
