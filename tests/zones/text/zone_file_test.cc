#include "zones/text/zone_file.h"

#include <ostream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

// Draws records as "owner ttl TYPE hex", by " | " apart; location only where it was asked for.
class Drawing : public RecordSink {
 public:
  void Add(const RecordView& record) override {
    const absl::string_view rdata(reinterpret_cast<const char*>(record.rdata.data()),
                                  record.rdata.size());
    records.push_back(absl::StrCat(record.owner.ToText(), " ", record.ttl_seconds, " ",
                                   TypeToText(record.type), " ", absl::BytesToHexString(rdata)));
    places.push_back(absl::StrCat(record.location.file, ":", record.location.line));
  }
  std::vector<std::string> records;
  std::vector<std::string> places;
};

std::string Findings(const ZoneFileResult& result) {
  return absl::StrJoin(result.findings, " | ",
                       [](std::string* out, const Finding& finding) { *out += ToText(finding); });
}

struct Case {
  const char* name;
  std::string text;  // Origin example.
  std::string want;  // Records.
  std::string findings;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class ZoneText : public testing::TestWithParam<Case> {};

TEST_P(ZoneText, Reads) {
  Drawing drawing;
  const ZoneFileResult result =
      ReadZoneText(GetParam().text, "z", *Name::FromText("example."), drawing);
  EXPECT_EQ(absl::StrJoin(drawing.records, " | "), GetParam().want);
  EXPECT_EQ(Findings(result), GetParam().findings);
  EXPECT_EQ(result.records, drawing.records.size());
  EXPECT_EQ(result.ok, GetParam().findings.find("error:") == std::string::npos);
}

const auto kNameOf = [](const auto& tested) { return std::string(tested.param.name); };
const std::string kHeading = "; write owner [TTL] [IN] type data, or TYPEnnn (RFC 3597 §5)";
const std::string kTtlError =
    " is not a time of at most 2147483647 seconds; write 3600 or 1h (RFC 2181 §8)";

// clang-format off
const Case kRecords[] = {
    {"Empty",          "",                                   "", ""},
    {"Plain",          "a 60 IN A 192.0.2.1\n",              "a.example. 60 A c0000201", ""},
    {"ClassBeforeTtl", "a IN 60 A 192.0.2.1\n",              "a.example. 60 A c0000201", ""},
    {"NoClass",        "a 60 A 192.0.2.1\n",                 "a.example. 60 A c0000201", ""},
    {"AnyCase",        "A 1H in a 192.0.2.1\n",              "A.example. 3600 A c0000201", ""},
    {"ClassNumber",    "a 60 CLASS1 TYPE1 192.0.2.1\n",      "a.example. 60 A c0000201", ""},
    {"TtlUnits",       "a 1w2D3h4m5s A 192.0.2.1\n",         "a.example. 788645 A c0000201", ""},
    {"TtlMax",         "a 2147483647 A 192.0.2.1\n",         "a.example. 2147483647 A c0000201", ""},
    {"TtlZero",        "a 0 A 192.0.2.1\n",                  "a.example. 0 A c0000201", ""},
    {"NoNewline",      "a 60 A 192.0.2.1",                   "a.example. 60 A c0000201", ""},
    {"CrLf",           "$TTL 60\r\na A 192.0.2.1\r\n",       "a.example. 60 A c0000201", ""},
    {"BlankOwner",     "a 60 A 192.0.2.1\n 60 A 192.0.2.2\n","a.example. 60 A c0000201 | a.example. 60 A c0000202", ""},
    {"SameOwner",      "a 60 NS .\na 60 NS .\n",             "a.example. 60 NS 00 | a.example. 60 NS 00", ""},
    {"OwnerAt",        "@ 60 NS .\n",                        "example. 60 NS 00", ""},
    {"OwnerRoot",      ". 60 NS .\n",                        ". 60 NS 00", ""},
    {"OwnerIsAType",   "A 60 A 192.0.2.1\nIN 60 NS .",       "A.example. 60 A c0000201 | IN.example. 60 NS 00", ""},
    {"OwnerIsANumber", "60 60 A 192.0.2.1",                  "60.example. 60 A c0000201", ""},
    {"OwnerEscaped",   "\\$TTL 60 NS .\n\\@ 60 NS .",        "\\$TTL.example. 60 NS 00 | \\@.example. 60 NS 00", ""},
    {"OwnerWildcard",  "*.a 60 NS .",                        "*.a.example. 60 NS 00", ""},
    {"OwnerBehindGroup", "(a 60 \n NS .)",                   "a.example. 60 NS 00", ""},
    {"Origin",         "$ORIGIN b\n@ 60 NS c\n$ORIGIN d.\ne 60 NS .", "b.example. 60 NS 01630162076578616d706c6500 | e.d. 60 NS 00", ""},
    {"OriginKeepsOwner", "a 60 NS .\n$ORIGIN b\n 60 NS .",   "a.example. 60 NS 00 | a.example. 60 NS 00", ""},
    {"OriginSameOwner", "a 60 NS .\n$ORIGIN b\na 60 NS .",   "a.example. 60 NS 00 | a.b.example. 60 NS 00", ""},
    {"DollarTtl",      "$TTL 1h30m\na NS .\na 60 NS .\na NS .\n$ttl 7\na NS .", "a.example. 5400 NS 00 | a.example. 60 NS 00 | a.example. 5400 NS 00 | a.example. 7 NS 00", ""},
    {"UnknownType",    "a 60 TYPE65280 \\# 1 00",            "a.example. 60 TYPE65280 00", ""},
    // RFC 1035 §5.1: the last TTL written.
    {"LastTtl",        "a 60 NS .\na NS .\na 70 NS .\na NS .", "a.example. 60 NS 00 | a.example. 60 NS 00 | a.example. 70 NS 00 | a.example. 70 NS 00",
                       "z:2: warning: no TTL and no $TTL, so the last TTL written, 60, is used here and below; add $TTL (RFC 2308 §4)"},
    {"SoaMinimum",     "@ SOA . . 1 2 3 4 5\n NS .\n 60 NS .\n NS .", "example. 5 SOA 00000000000100000002000000030000000400000005 | example. 5 NS 00 | example. 60 NS 00 | example. 5 NS 00",
                       "z:1: warning: no TTL and no $TTL, so the SOA's MINIMUM, 5, is used here and below; add $TTL (RFC 2308 §4)"},
    {"SoaMinimumTooLarge", "@ SOA . . 1 2 3 4 2147483648",   "", "z:1: error: no TTL, and no earlier one to use; add $TTL (RFC 2308 §4)"},
    {"NoTtl",          "a NS .",                             "", "z:1: error: no TTL, and no earlier one to use; add $TTL (RFC 2308 §4)"},
};

const Case kErrors[] = {
    {"AllInOneGo",     "a 60 A x\nb 60 A 192.0.2.1\nc 60 AAAA x\n", "b.example. 60 A c0000201",
                       "z:1: error: 'x' is not an IPv4 address; write A address (RFC 1035 §3.4.1) | z:3: error: 'x' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"LineOfTheToken", "a 60 SOA ( . .\n 1 2\n 3x\n 4 5 )",   "", "z:3: error: '3x' is not a time in seconds, or like 1d12h; write SOA primary mailbox serial refresh retry expire minimum (RFC 1035 §3.3.13)"},
    {"ScannerError",   "a 60 TXT \"b\nc 60 NS .",             "c.example. 60 NS 00", "z:1: error: a quoted string is not closed on its line; close it with \" (RFC 1035 §5.1)"},
    {"OpenGroup",      "a 60 NS .\nb 60 SOA ( . .\n 1 2\nc 60 NS .", "a.example. 60 NS 00 | c.example. 60 NS 00", "z:2: error: '(' is not closed; close it with ')' (RFC 1035 §5.1)"},
    {"TtlTooLarge",    "a 2147483648 NS .",                   "", "z:1: error: TTL '2147483648'" + kTtlError},
    {"TtlMuchTooLarge", "a 99999999999999999999 NS .",   "", "z:1: error: TTL '99999999999999999999'" + kTtlError},
    {"TtlBadUnit",     "a 1y NS .",                           "", "z:1: error: TTL '1y'" + kTtlError},
    {"TtlTwice",       "a 1 2 NS .",                          "", "z:1: error: '2' is not a record type" + kHeading},
    {"ClassTwice",     "a IN IN NS .",                        "", "z:1: error: 'IN' is not a record type" + kHeading},
    {"ClassChaos",     "a 60 CH TXT x",                       "", "z:1: error: class 'CH'; only zones of class IN are served (RFC 1035 §5.2)"},
    {"ClassHesiod",    "a hs 60 TXT x",                       "", "z:1: error: class 'hs'; only zones of class IN are served (RFC 1035 §5.2)"},
    {"ClassCsnet",     "a cs 60 TXT x",                       "", "z:1: error: class 'cs'; only zones of class IN are served (RFC 1035 §5.2)"},
    {"ClassNumber",    "a CLASS2 TXT x",                      "", "z:1: error: class 'CLASS2'; only zones of class IN are served (RFC 1035 §5.2)"},
    {"ClassBadNumber", "a CLASS65536 TXT x",                  "", "z:1: error: 'CLASS65536' is not a record type" + kHeading},
    {"TypeUnknown",    "a 60 FOO x",                          "", "z:1: error: 'FOO' is not a record type" + kHeading},
    {"TypeQuoted",     "a 60 \"A\" x",                        "", "z:1: error: 'A' is not a record type" + kHeading},
    {"TtlQuoted",      "a \"60\" A x",                        "", "z:1: error: '60' is not a record type" + kHeading},
    {"ClassQuoted",    "a 60 \"IN\" A x",                     "", "z:1: error: 'IN' is not a record type" + kHeading},
    {"TtlUnfinished",  "a 1h30 A 192.0.2.1",                  "", "z:1: error: TTL '1h30' is not a time of at most 2147483647 seconds; write 3600 or 1h (RFC 2181 §8)"},
    {"TypeMissing",    "a 60 IN",                             "", "z:1: error: the record ends before its type; write owner [TTL] [IN] type data (RFC 1035 §5.1)"},
    {"OwnerAlone",     "a",                                   "", "z:1: error: the record ends before its type; write owner [TTL] [IN] type data (RFC 1035 §5.1)"},
    {"OwnerMissing",   " 60 NS .",                            "", "z:1: error: the first record has no owner; write its name at the start of the line (RFC 1035 §5.1)"},
    {"OwnerBad",       "a..b 60 NS .",                        "", "z:1: error: owner 'a..b' has an empty label; write a domain name (RFC 1035 §5.1)"},
    {"OwnerBadOnce",   "a 60 NS .\nb.. 60 NS .\n 60 NS .\n 60 FOO\nc 60 NS .", "a.example. 60 NS 00 | c.example. 60 NS 00", "z:2: error: owner 'b..' has an empty label; write a domain name (RFC 1035 §5.1)"},
    {"OwnerQuoted",    "\"a\" 60 NS .",                       "", "z:1: error: owner 'a' is quoted; write names without quotes; write a domain name (RFC 1035 §5.1)"},
    {"OwnerEmpty",     "\"\" 60 NS .",                        "", "z:1: error: owner '' is quoted; write names without quotes; write a domain name (RFC 1035 §5.1)"},
    {"MetaAny",        "a 60 ANY \\# 0",                      "", "z:1: error: ANY is not a type of data; remove the record (RFC 6895 §3.1)"},
    {"MetaOpt",        "a 60 OPT \\# 0",                      "", "z:1: error: OPT is not a type of data; remove the record (RFC 6895 §3.1)"},
    {"MetaNxname",     "a 60 NXNAME",                         "", "z:1: error: NXNAME is not a type of data; remove the record (RFC 6895 §3.1)"},
    {"MetaNumber",     "a 60 TYPE200 \\# 0",                  "", "z:1: error: TYPE200 is not a type of data; remove the record (RFC 6895 §3.1)"},
    {"TypeZero",       "a 60 TYPE0 \\# 0",                    "", "z:1: error: TYPE0 is not a type of data; remove the record (RFC 6895 §3.1)"},
    {"DirectiveUnknown", "$FOO x",                            "", "z:1: error: unknown directive '$FOO'; there are $ORIGIN, $TTL, $INCLUDE and $GENERATE; a name that starts with $ is written \\$ (RFC 1035 §5.1)"},
    {"DirectiveIndented", "a 60 NS .\n $TTL 5",               "a.example. 60 NS 00", "z:2: error: '$TTL' is not at the start of its line; remove the blanks before it (RFC 1035 §5.1)"},
    {"TtlIndentedFirst",  " $TTL 5\na NS .",               "a.example. 5 NS 00", "z:1: error: '$TTL' is not at the start of its line; remove the blanks before it (RFC 1035 §5.1)"},
    {"TtlIndentedAndBad", " $TTL x\na NS .",               "a.example. 0 NS 00", "z:1: error: '$TTL' is not at the start of its line; remove the blanks before it (RFC 1035 §5.1)"},
    {"DirectiveIndentedFirst", "\t$origin a.\na 60 NS .",     "a.example. 60 NS 00", "z:1: error: '$origin' is not at the start of its line; remove the blanks before it (RFC 1035 §5.1)"},
    {"DollarIndented", "a 60 NS .\n $x NS .",                 "a.example. 60 NS 00", "z:2: error: '$x' is not a record type" + kHeading},
    {"ClassAny",       "a ANY A 192.0.2.1\nb 60 NONE NS .",   "", "z:1: error: class 'ANY' exists in queries and updates only; write IN (RFC 1035 §3.2.5)"
                       " | z:2: error: class 'NONE' exists in queries and updates only; write IN (RFC 1035 §3.2.5)"},
    // Of Microsoft's DNS server. One error for all ages, and other mistakes are still found.
    {"MicrosoftAge",   "a [AGE:3600123] 60 NS .\nb [AGE:1] 60 NS .\nc 60 IN [Age:2] A x", "a.example. 60 NS 00 | b.example. 60 NS 00",
                       "z:1: error: '[AGE:3600123]' is an age, as Microsoft's DNS server exports it, and no part of a record; "
                       "remove it from this and all other records (RFC 1035 §5.1) | z:3: error: 'x' is not an IPv4 address; write A address (RFC 1035 §3.4.1)"},
    {"MicrosoftWins",  "a 60 NS .\n 60 WINS L5 C900 (192.0.2.1)\n 60 WINSR L2 a.\n 60 wins-r 0 1 2 a.", "a.example. 60 NS 00",
                       "z:2: error: 'WINS' is a look-up that only Microsoft's DNS server makes, not a record type; remove the record (RFC 1035 §5.1)"
                       " | z:3: error: 'WINSR' is a look-up that only Microsoft's DNS server makes, not a record type; remove the record (RFC 1035 §5.1)"
                       " | z:4: error: 'wins-r' is a look-up that only Microsoft's DNS server makes, not a record type; remove the record (RFC 1035 §5.1)"},
    {"Utf16",          std::string("\xff\xfe" "a\0 \0\n\0b\0", 10), "",
                       "z:1: error: this is UTF-16; save the file as UTF-8 or ASCII text, or convert it with iconv -f UTF-16 -t UTF-8 (RFC 1035 §5.1)"},
    {"Utf16WithoutMark", std::string("\0a\0 \0\n\0b", 8), "",
                       "z:1: error: this is UTF-16; save the file as UTF-8 or ASCII text, or convert it with iconv -f UTF-16 -t UTF-8 (RFC 1035 §5.1)"},
    {"OwnerInUtf8",    "b\u00fccher.B 60 NS .\n 60 TXT x",    "b\\195\\188cher.B.example. 60 NS 00 | b\\195\\188cher.B.example. 60 TXT 0178",
                       "z:1: warning: owner 'b\\195\\188cher.B' is not ASCII, and applications do not query it in this form; write its A-label, xn--bcher-kva.b (RFC 5890 §2.3.2.1)"},
    {"OwnerInLatin1",  "b\xfc 60 NS .",                        "b\\252.example. 60 NS 00",
                       "z:1: warning: owner 'b\\252' is not ASCII, nor UTF-8; write its A-label (xn--...), or the octets as \\DDD (RFC 5890 §2.3.2.1)"},
    {"OwnerEscaped",   "b\\195\\188 60 NS .",                 "b\\195\\188.example. 60 NS 00", ""},
    // One error for what follows from one mistake.
    {"FirstLineIndented", " 60 SOA . . 1 2 3 4 5\n 60 NS .\n 60 NS a.\na 60 NS .", "a.example. 60 NS 00",
                       "z:1: error: the first record has no owner; write its name at the start of the line (RFC 1035 §5.1)"},
    {"SoaWrongAndNoTtl", "@ SOA . . 1 2 3 4\n NS .\na NS .",  "example. 0 NS 00 | a.example. 0 NS 00",
                       "z:1: error: the record ends too early; write SOA primary mailbox serial refresh retry expire minimum (RFC 1035 §3.3.13)"},
    {"NoTtlAnywhere",  "@ NS .\n NS a.\n NS b.",              "example. 0 NS 016100 | example. 0 NS 016200",
                       "z:1: error: no TTL, and no earlier one to use; add $TTL (RFC 2308 §4)"},
    {"OriginMissing",  "$ORIGIN",                             "", "z:1: error: $ORIGIN needs one name; write $ORIGIN name (RFC 1035 §5.1)"},
    {"OriginTwo",      "$ORIGIN a. b.",                       "", "z:1: error: $ORIGIN needs one name; write $ORIGIN name (RFC 1035 §5.1)"},
    {"OriginBad",      "$ORIGIN a..",                         "", "z:1: error: 'a..' has an empty label; write $ORIGIN name (RFC 1035 §5.1)"},
    {"TtlMissing",     "$TTL",                                "", "z:1: error: $TTL needs one time of at most 2147483647 seconds; write $TTL 3600 or $TTL 1h (RFC 2308 §4, RFC 2181 §8)"},
    {"DollarTtlBadOnce", "$TTL x\na NS .\nb 60 NS .\n$TTL y\nc NS .", "a.example. 0 NS 00 | b.example. 60 NS 00 | c.example. 0 NS 00",
                       "z:1: error: $TTL needs one time of at most 2147483647 seconds; write $TTL 3600 or $TTL 1h (RFC 2308 §4, RFC 2181 §8)"
                       " | z:4: error: $TTL needs one time of at most 2147483647 seconds; write $TTL 3600 or $TTL 1h (RFC 2308 §4, RFC 2181 §8)"},
    {"DollarTtlQuoted", "$TTL \"60\"",                        "", "z:1: error: $TTL needs one time of at most 2147483647 seconds; write $TTL 3600 or $TTL 1h (RFC 2308 §4, RFC 2181 §8)"},
    {"DollarTtlTooLarge", "$TTL 2147483648",                  "", "z:1: error: $TTL needs one time of at most 2147483647 seconds; write $TTL 3600 or $TTL 1h (RFC 2308 §4, RFC 2181 §8)"},
    {"IncludeInText",  "$INCLUDE x",                          "", "z:1: error: $INCLUDE in text that is not a file; write the records out"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Records, ZoneText, testing::ValuesIn(kRecords), kNameOf);
INSTANTIATE_TEST_SUITE_P(Errors, ZoneText, testing::ValuesIn(kErrors), kNameOf);

TEST(ZoneFile, StopsAfterSoManyErrors) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "a 60 A x\n";
  Drawing drawing;
  const ZoneFileResult result = ReadZoneText(text, "z", NameView(), drawing, {.errors_max = 3});
  ASSERT_EQ(result.findings.size(), 4u);
  EXPECT_EQ(ToText(result.findings[3]),
            "z:3: error: reading stops after 3 errors; correct them to see more");
}

TEST(ZoneFile, StopsAfterSoManyOctets) {
  Drawing drawing;
  const ZoneFileResult result =
      ReadZoneText("a 60 NS .\na 60 NS .\n", "z", NameView(), drawing, {.file_bytes_max = 19});
  EXPECT_EQ(Findings(result), "z:1: error: over 19 octets of text in one zone; split the zone");
}

TEST(ZoneFile, StopsWhenToldTo) {
  StopFlag stop;
  stop.Raise();
  Drawing drawing;
  const ZoneFileResult result =
      ReadZoneText("a 60 NS .\na 60 NS .\n", "z", NameView(), drawing, {.stop = &stop});
  EXPECT_EQ(Findings(result), "z:1: error: loading was stopped");
  EXPECT_EQ(result.records, 0u);
}

TEST(ZoneFile, SaysWhereRecordsStand) {
  Drawing drawing;
  ReadZoneText("\n a\nb 60 NS .\n\nc 60 ( \n SOA . .\n 1 2 3 4 5 )\nd 60 NS .", "z", NameView(),
               drawing);
  EXPECT_EQ(absl::StrJoin(drawing.places, " "), "0:3 0:5 0:8");
}

}  // namespace
}  // namespace hither
