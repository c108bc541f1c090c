#include "tests/support/reply_parser.h"

#include <algorithm>

namespace hither {
namespace {

class Parser {
 public:
  explicit Parser(ByteView message) : in_(message), is_label_(message.size(), false) {}

  ParsedMessage Run() {
    ParsedMessage out;
    if (in_.size() < 12) {
      out.error = "no header";
      return out;
    }
    out.id = U16();
    out.flags = U16();
    uint16_t counts[4];
    for (uint16_t& count : counts) count = U16();
    for (int i = 0; i < counts[0] && error_.empty(); ++i) out.questions.push_back(Question());
    for (int section = 0; section < 3; ++section) {
      for (int i = 0; i < counts[section + 1] && error_.empty(); ++i) {
        out.sections[section].push_back(Record());
      }
    }
    if (error_.empty() && at_ != in_.size()) Fail("octets behind the last record");
    out.error = error_;
    return out;
  }

 private:
  void Fail(const char* why) {
    if (error_.empty()) error_ = why;
    at_ = in_.size();
  }

  bool Has(size_t octets) {
    if (in_.size() - at_ >= octets) return true;
    Fail("a field goes over the end");
    return false;
  }

  uint16_t U16() {
    if (!Has(2)) return 0;
    at_ += 2;
    return static_cast<uint16_t>(in_[at_ - 2] * 256 + in_[at_ - 1]);
  }

  std::string Octets(size_t count) {
    if (!Has(count)) return "";
    at_ += count;
    return std::string(in_.begin() + at_ - count, in_.begin() + at_);
  }

  // RFC 1035 §4.1.4. Labels of this name may be pointed to by later names, not by this one.
  std::string TakeName() {
    std::string name;
    std::vector<size_t> labels;
    size_t resume = 0;
    while (true) {
      if (!Has(1)) return "";
      const uint8_t length = in_[at_];
      if (length >= 0xc0) {
        const size_t pointer_at = at_;
        const size_t target = U16() & 0x3fff;
        if (!error_.empty()) return "";
        if (resume == 0) resume = pointer_at + 2;
        if (target >= pointer_at || !is_label_[target]) {
          Fail("a pointer that does not go to an earlier name");
          return "";
        }
        at_ = target;
        continue;
      }
      if (length > 63) {
        Fail("a label over 63 octets");
        return "";
      }
      if (resume == 0) labels.push_back(at_);
      name += Octets(1u + length);
      if (name.size() > 255) Fail("a name over 255 octets");
      if (!error_.empty()) return "";
      if (length == 0) break;
    }
    if (resume != 0) at_ = resume;
    for (const size_t label : labels) is_label_[label] = true;
    return name;
  }

  std::string Question() {
    std::string question = TakeName();
    return question + Octets(4);
  }

  ParsedRecord Record() {
    ParsedRecord record;
    record.owner = TakeName();
    record.type = U16();
    record.klass = U16();
    record.ttl_seconds = static_cast<uint32_t>(U16()) << 16;
    record.ttl_seconds += U16();
    const size_t rdata_bytes = U16();
    if (!Has(rdata_bytes)) return record;
    const size_t end = at_ + rdata_bytes;
    record.rdata = Rdata(record.type, end);
    if (error_.empty() && at_ != end) Fail("RDATA and its length do not agree");
    return record;
  }

  std::string Rdata(uint16_t type, size_t end) {
    constexpr uint16_t kNs = 2, kCname = 5, kSoa = 6, kPtr = 12, kMinfo = 14, kMx = 15;
    std::string rdata;
    if (type == kMx) rdata = Octets(2);
    int names = 0;
    if ((type >= kNs && type <= kCname) || (type >= 7 && type <= 9) || type == kPtr) names = 1;
    if (type == kMx) names = 1;
    if (type == kSoa || type == kMinfo) names = 2;
    for (int i = 0; i < names; ++i) rdata += TakeName();
    if (error_.empty() && at_ > end) Fail("a name goes over the end of its RDATA");
    return error_.empty() ? rdata + Octets(end - at_) : "";
  }

  ByteView in_;
  size_t at_ = 0;
  std::vector<bool> is_label_;
  std::string error_;
};

}  // namespace

ParsedMessage ParseMessage(ByteView message) { return Parser(message).Run(); }

}  // namespace hither
