#include "tests/zones/change/change_support.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "zones/text/rdata_text.h"

namespace hither {

TextRecord RecordFromText(absl::string_view line, NameView apex) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, absl::MaxSplits(' ', 3));
  HITHER_CHECK(fields.size() == 4);
  TextRecord record;
  record.owner = fields[0] == "@" ? Name(apex) : *Name::FromText(fields[0], apex);
  HITHER_CHECK(absl::SimpleAtoi(fields[1], &record.ttl_seconds));
  record.type = TypeFromText(fields[2]).value();
  record.rdata = RdataFromText(record.type, fields[3], apex).value();
  return record;
}

RecordList ListFromText(absl::string_view apex, absl::string_view text) {
  const Name name = *Name::FromText(apex);
  RecordList list(name);
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    HITHER_CHECK(list.Add(RecordFromText(line, name).view()).ok());
  }
  list.Sort();
  return list;
}

std::vector<std::string> TextsOf(const RecordList& list) {
  std::vector<std::string> texts;
  for (const RecordView& record : list) texts.push_back(RecordText(record));
  return texts;
}

RecordList NumberedZone(absl::string_view apex, uint32_t serial) {
  std::string text = absl::StrCat("@ 60 SOA a b ", serial, " 2 3 4 5\n");
  for (uint32_t i = 0; i < 40; ++i) absl::StrAppend(&text, "n", i, " 60 A 192.0.2.1\n");
  return ListFromText(apex, absl::StrCat(text, "v 60 TXT ", serial, "\n"));
}

RandomZone::RandomZone(absl::string_view apex, uint32_t seed) : apex_(apex), random_(seed) {}

void RandomZone::ChangeOne() {
  const std::string line =
      absl::StrCat(Below(8) == 0 ? "N" : "n", Below(12), " ", 60 * (1 + Below(2)),
                   Below(3) == 0 ? absl::StrCat(" NS ", Below(6) == 0 ? "S" : "s", Below(3))
                                 : absl::StrCat(" A 192.0.2.", Below(4)));
  const auto is_same = [&line](const std::string& other) {
    return absl::AsciiStrToLower(other) == absl::AsciiStrToLower(line);
  };
  const auto found = std::find_if(lines_.begin(), lines_.end(), is_same);
  if (found == lines_.end()) {
    lines_.push_back(line);
  } else if (Below(4) == 0) {
    *found = line;  // Perhaps in another case.
  } else {
    lines_.erase(found);
  }
}

RecordList RandomZone::Records() const {
  return ListFromText(
      apex_, absl::StrCat("@ 60 SOA a b ", serial_, " 2 3 4 5\n", absl::StrJoin(lines_, "\n")));
}

RecordList RandomZone::Next() {
  ++serial_;
  for (uint32_t changes = Below(6); changes > 0; --changes) ChangeOne();
  return Records();
}

}  // namespace hither
