#include "tests/server/transfer/transfer_texts.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "server/transfer/soa_fields.h"
#include "tests/support/packet_text.h"
#include "zones/text/rdata_text.h"

namespace hither {
namespace {

constexpr uint16_t kClassIn = 1;
constexpr uint16_t kClassChaos = 3;

uint32_t Number(absl::string_view text) {
  uint32_t number = 0;
  HITHER_CHECK(absl::SimpleAtoi(text, &number));
  return number;
}

class ReplyMaker {
 public:
  explicit ReplyMaker(const TransferQuery& query) : query_(query), id_(query.id) {}

  void Take(absl::string_view item) {
    if (!TakeWord(item)) TakeRecord(item);
  }

  Bytes Finish() const {
    Bytes message;
    ByteWriter writer(message);
    writer.U16(id_);
    writer.U16(flags_);
    writer.U16(static_cast<uint16_t>(questions_.size()));
    for (size_t i = 0; i < 3; ++i) {
      writer.U16(static_cast<uint16_t>(counts_[i] + (i == 2 && has_opt_ ? 1 : 0)));
    }
    for (const Name& question : questions_) {
      writer.Append(question.view().wire());
      writer.U16(static_cast<uint16_t>(query_.type));
      writer.U16(kClassIn);
    }
    for (const Bytes& section : sections_) writer.Append(section);
    if (has_opt_) WriteOpt(writer);
    return message;
  }

 private:
  bool TakeWord(absl::string_view item) {
    const std::pair<absl::string_view, absl::string_view> word = absl::StrSplit(item, '=');
    const auto& [key, value] = word;
    if (key == "id") return Set(id_, Number(value));
    if (key == "rcode") return Set(flags_, flags_ | Number(value));
    if (key == "opcode") return Set(flags_, flags_ | Number(value) << 11);
    if (key == "tc") return Set(flags_, flags_ | kFlagTc);
    if (key == "aa") return Set(flags_, flags_ | kFlagAa);
    if (key == "query") return Set(flags_, flags_ & 0x7fffu);
    if (key == "question") return TakeQuestions(value);
    if (key == "expire") return has_opt_ = has_expire_ = Set(expire_, Number(value));
    if (key == "high") return has_opt_ = Set(rcode_high_, Number(value));
    if (key == "opt") return has_opt_ = true;
    if (key == "authority") return Set(section_, 1);
    if (key == "additional") return Set(section_, 2);
    if (key != "raw") return false;
    const Bytes raw = PacketFromText(value);
    ByteWriter(sections_[section_]).Append(raw);
    ++counts_[section_];
    return true;
  }

  template <typename T>
  static bool Set(T& field, uint64_t value) {
    field = static_cast<T>(value);
    return true;
  }

  bool TakeQuestions(absl::string_view value) {
    if (value == "none") questions_.clear();
    if (value == "other") questions_ = {*Name::FromText("other.")};
    if (value == "two") questions_.push_back(query_.zone);
    return true;
  }

  void TakeRecord(absl::string_view item) {
    const std::vector<std::string> words = absl::StrSplit(item, absl::MaxSplits(' ', 1));
    HITHER_CHECK(words.size() == 2);
    ++counts_[section_];
    if (words[0] == "SOA") {
      return Write(TestZone(), RrType::kSoa, kClassIn, SoaRdata(Number(words[1])));
    }
    const Name owner =
        words[0] == "@" ? TestZone() : Name::FromText(words[0], TestZone().view()).value();
    absl::string_view rest = words[1];
    const uint16_t klass = absl::ConsumePrefix(&rest, "CH ") ? kClassChaos : kClassIn;
    const std::vector<std::string> type = absl::StrSplit(rest, absl::MaxSplits(' ', 1));
    const RrType rr_type = TypeFromText(type[0]).value();
    const auto rdata = RdataFromText(rr_type, type[1], TestZone());
    HITHER_CHECK(rdata.ok());
    Write(owner, rr_type, klass, *rdata);
  }

  void Write(const Name& owner, RrType type, uint16_t klass, ByteView rdata) {
    ByteWriter writer(sections_[section_]);
    writer.Append(owner.view().wire());
    writer.U16(static_cast<uint16_t>(type));
    writer.U16(klass);
    writer.U32(300);
    writer.U16(static_cast<uint16_t>(rdata.size()));
    writer.Append(rdata);
  }

  void WriteOpt(ByteWriter& writer) const {
    writer.U8(0);
    writer.U16(41);
    writer.U16(1232);
    writer.U32(rcode_high_ << 24);
    writer.U16(has_expire_ ? 8 : 0);
    if (!has_expire_) return;
    writer.U16(9);
    writer.U16(4);
    writer.U32(expire_);
  }

  const TransferQuery& query_;
  uint16_t id_;
  uint16_t flags_ = kFlagQr;
  std::vector<Name> questions_ = {query_.zone};
  std::array<Bytes, 3> sections_;
  std::array<uint16_t, 3> counts_ = {};
  size_t section_ = 0;
  bool has_opt_ = false;
  bool has_expire_ = false;
  uint32_t expire_ = 0;
  uint32_t rcode_high_ = 0;
};

}  // namespace

Name TestZone() { return Name::FromText("example.").value(); }

Bytes SoaRdata(uint32_t serial) {
  return RdataFromText(RrType::kSoa, absl::StrCat("ns host ", serial, " 3600 600 86400 300"),
                       TestZone())
      .value();
}

Bytes ReplyFromText(const TransferQuery& query, absl::string_view text) {
  ReplyMaker maker(query);
  for (const absl::string_view item : absl::StrSplit(text, ';')) {
    const absl::string_view stripped = absl::StripAsciiWhitespace(item);
    if (!stripped.empty()) maker.Take(stripped);
  }
  return maker.Finish();
}

bool LogSink::BeginDiff(uint32_t serial_from) {
  absl::StrAppend(&text_, "from ", serial_from, " ");
  return true;
}

bool LogSink::BeginAdditions(uint32_t serial_to) {
  absl::StrAppend(&text_, "to ", serial_to, " ");
  return true;
}

bool LogSink::Log(absl::string_view sign, const RecordView& record) {
  if (room-- == 0) return false;
  if (record.type == RrType::kSoa) {
    absl::StrAppend(&text_, sign, "SOA ", ReadSoa(record.rdata).value().serial, " ");
    return true;
  }
  std::string owner = record.owner.ToText();
  absl::StrAppend(&text_, sign, absl::StripSuffix(owner, ".example."), " ", TypeToText(record.type),
                  " ", ToHex(record.rdata), " ");
  return true;
}

}  // namespace hither
