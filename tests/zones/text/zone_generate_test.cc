// $GENERATE. The test bind_generate holds data/generate.zone against BIND, whose directive it is.

#include <ostream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "zones/text/zone_file.h"

namespace hither {
namespace {

// Owners and RDATA; of PTR and such, the name.
class Drawing : public RecordSink {
 public:
  void Add(const RecordView& record) override {
    if (!drawn.empty()) drawn += " ";
    absl::StrAppend(&drawn, record.owner.ToText(), "/", record.ttl_seconds, "/");
    const bool is_name = record.type == RrType::kPtr || record.type == RrType::kCname;
    const absl::string_view rdata(reinterpret_cast<const char*>(record.rdata.data()),
                                  record.rdata.size());
    drawn += is_name ? NameView(record.rdata).ToText() : absl::BytesToHexString(rdata);
    lines.insert(lines.end(), record.location.line);
  }
  std::string drawn;
  std::vector<uint32_t> lines;
};

struct Case {
  const char* name;
  const char* text;
  const char* want;
  const char* error;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Generate : public testing::TestWithParam<Case> {};

TEST_P(Generate, MakesRecords) {
  Drawing drawing;
  const std::string text = absl::StrCat("$TTL 9\n$GENERATE ", GetParam().text, "\n");
  const auto result = ReadZoneText(text, "z", NameView(), drawing, {.generate_records_max = 1'000});
  EXPECT_EQ(drawing.drawn, GetParam().want);
  EXPECT_EQ(result.findings.empty() ? "" : ToText(result.findings[0]), GetParam().error);
  EXPECT_LE(result.findings.size(), 1u);  // The first mistake ends the directive.
  for (const uint32_t line : drawing.lines) EXPECT_EQ(line, 2u);
}

// clang-format off
constexpr Case kDirectives[] = {
    {"Addresses",       "1-3 h$ A 192.0.2.$",                "h1./9/c0000201 h2./9/c0000202 h3./9/c0000203", ""},
    {"One",             "7-7 h$ A 192.0.2.$",                "h7./9/c0000207", ""},
    {"Step",            "0-5/2 h$ A 192.0.2.$",              "h0./9/c0000200 h2./9/c0000202 h4./9/c0000204", ""},
    {"StepBeyond",      "0-1/5 h$ A 192.0.2.$",              "h0./9/c0000200", ""},
    {"TtlAndClass",     "1-1 h$ 60 IN A 192.0.2.$",          "h1./60/c0000201", ""},
    {"ClassAndTtl",     "1-1 h$ IN 1m A 192.0.2.$",          "h1./60/c0000201", ""},
    {"Twice",           "1-1 $.$ CNAME $-$.b",               "1.1./9/1-1.b.", ""},
    {"Offset",          "1-2 h${10} A 192.0.2.${-1}",        "h11./9/c0000200 h12./9/c0000201", ""},
    {"OffsetPlus",      "1-1 h${+10} A 192.0.2.1",           "h11./9/c0000201", ""},
    {"Width",           "9-10 h${0,3} A 192.0.2.1",          "h009./9/c0000201 h010./9/c0000201", ""},
    {"WidthTooSmall",   "100-100 h${0,2} A 192.0.2.1",       "h100./9/c0000201", ""},
    {"Octal",           "8-8 h${0,4,o} A 192.0.2.1",         "h0010./9/c0000201", ""},
    {"HexLower",        "171-171 h${0,0,x} A 192.0.2.1",     "hab./9/c0000201", ""},
    {"HexUpper",        "171-171 h${0,3,X} A 192.0.2.1",     "h0AB./9/c0000201", ""},
    {"Nibbles",         "171-171 ${0,8,n} PTR x",            "b.a.0.0./9/x.", ""},
    {"NibblesUpper",    "171-171 ${0,3,N}.c PTR x",          "B.A.c./9/x.", ""},
    {"NibblesShort",    "171-171 ${0,0,n}.c PTR x",          "b.a.c./9/x.", ""},
    {"DollarDoubled",   "1-1 a$$b$ PTR x",                   "a\\$b1./9/x.", ""},
    {"DollarEscaped",   "1-1 a\\$b$ PTR x",                  "a\\$b1./9/x.", ""},
    {"NoDollar",        "1-2 a PTR x",                       "a./9/x. a./9/x.", ""},
    {"QuotedData",      "1-1 a$ MX \"$ .\"",                 "a1./9/000100", ""},
    {"QuotedText",      "1-1 a$ TXT \"\\\"b $\\\"\"",        "a1./9/03622031", ""},
    {"DataInFields",    "1-1 a$ MX $ .",                     "a1./9/000100", ""},
    {"StringsInFields", "1-1 a$ TXT \"b $\" c",              "a1./9/036220310163", ""},
    {"Largest",         "2147483647-2147483647 h$ PTR x",    "h2147483647./9/x.", ""},
    {"Most",            "1-1001/2 h PTR x..",                "", "z:2: error: 'x..' has an empty label; write PTR name (RFC 1035 §3.3.12)"},
    {"TooMany",         "1-1001 h$ PTR x",                   "", "z:2: error: $GENERATE makes 1001 records, more than 1000; split it or make a file"},
    {"TooFew",          "1-2 h$ PTR",                        "", "z:2: error: $GENERATE is incomplete; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"RangeBackwards",  "2-1 h$ PTR x",                      "", "z:2: error: $GENERATE range '2-1' is not within 0 to 2147483647; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"RangeOpen",       "1- h$ PTR x",                       "", "z:2: error: $GENERATE range '1-' is not within 0 to 2147483647; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"RangeNegative",   "-1-1 h$ PTR x",                     "", "z:2: error: $GENERATE range '-1-1' is not within 0 to 2147483647; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"RangeTooLarge",   "1-2147483648 h$ PTR x",             "", "z:2: error: $GENERATE range '1-2147483648' is not within 0 to 2147483647; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"StepZero",        "1-2/0 h$ PTR x",                    "", "z:2: error: $GENERATE range '1-2/0' is not within 0 to 2147483647; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"RangeTail",       "1-2x h$ PTR x",                     "", "z:2: error: $GENERATE range '1-2x' is not within 0 to 2147483647; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"BadBase",         "1-2 h${0,0,y} PTR x",               "", "z:2: error: $GENERATE has a bad ${offset,width,base}, or its number is over 2147483647; base is one of d o x X n N; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"OpenBrace",       "1-2 h${0 PTR x",                    "", "z:2: error: $GENERATE has a bad ${offset,width,base}, or its number is over 2147483647; base is one of d o x X n N; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"WidthTooLarge",   "1-2 h${0,256} PTR x",               "", "z:2: error: $GENERATE has a bad ${offset,width,base}, or its number is over 2147483647; base is one of d o x X n N; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"Negative",        "1-2 h${-2} PTR x",                  "h-1./9/x. h0./9/x.", ""},
    {"NegativeHex",     "1-1 h${-2,0,x} PTR x",              "hffffffff./9/x.", ""},
    {"NegativeNibbles", "1024-1024 ${-2000,0,n}.h PTR x",    "0.3.c.f.f.f.f.f.h./9/x.", ""},
    {"OverTheTop",      "2147483647-2147483647 h${1} PTR x", "", "z:2: error: $GENERATE has a bad ${offset,width,base}, or its number is over 2147483647; base is one of d o x X n N; write $GENERATE start-stop[/step] owner [TTL] [IN] type data"},
    {"TypeUnknown",     "1-2 h$ FOO x",                      "", "z:2: error: 'FOO' is not a record type; write owner [TTL] [IN] type data, or TYPEnnn (RFC 3597 §5)"},
    {"TypeMeta",        "1-2 h$ ANY x",                      "", "z:2: error: ANY is not a type of data; remove the record (RFC 6895 §3.1)"},
    {"DataMissing",     "1-2 h$ 60 PTR",                     "", "z:2: error: the record ends too early; write PTR name (RFC 1035 §3.3.12)"},
    {"OpenQuoteMade",   "1-2 h$ TXT \"\\\"a\"",              "", "z:2: error: a quoted string is not closed on its line; close it with \" (RFC 1035 §5.1)"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Directives, Generate, testing::ValuesIn(kDirectives),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Generate, MostRecords) {
  Drawing drawing;
  const auto result = ReadZoneText("$GENERATE 1-1000 h$ 60 PTR x", "z", NameView(), drawing,
                                   {.generate_records_max = 1'000});
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(result.records, 1'000u);
}

// However many lines there are, and however large each may be, a zone has an end.
TEST(Generate, TotalOfAZoneIsLimited) {
  const std::string lines =
      "$GENERATE 1-600 a$ 60 PTR x\n$GENERATE 1-400 b$ 60 PTR x\n$GENERATE 1-1 c$ 60 PTR x\n";
  for (const uint32_t max : {1'001, 1'000}) {
    Drawing drawing;
    const auto result = ReadZoneText(lines, "z", NameView(), drawing, {.generated_total_max = max});
    EXPECT_EQ(result.records, max);
    EXPECT_EQ(result.findings.empty() ? "" : ToText(result.findings[0]),
              max == 1'001 ? ""
                           : "z:3: error: $GENERATE lines make 1001 records of one zone, more than "
                             "1000; write them to the file or split the zone");
  }
}

TEST(Generate, TotalOfAZoneIsAMillionByDefault) {
  std::string lines;
  for (int i = 0; i < 17; ++i) lines += "$GENERATE 1-65536 a 60 PTR x\n";
  class : public RecordSink {
    void Add(const RecordView&) override {}
  } nowhere;
  const auto result = ReadZoneText(lines, "z", NameView(), nowhere);
  EXPECT_EQ(result.records, 1'048'576u);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].line, 17u);
}

class Nowhere : public RecordSink {
 public:
  void Add(const RecordView&) override {
    if (stop != nullptr && ++records == 10) stop->Raise();
  }
  StopFlag* stop = nullptr;
  int records = 0;
};

// A few octets make many: 2^16 records of 63 KB would be 4 GB.
TEST(Generate, OctetsOfAZoneAreLimited) {
  std::string strings = "$GENERATE 1-65536 a$ 60 TXT";
  for (int i = 0; i < 250; ++i) strings += " ${0,250}";
  Nowhere sink;
  const auto result = ReadZoneText(strings + "\nb 60 A x\n", "z", NameView(), sink);
  EXPECT_LT(result.records, 1'100u);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(ToText(result.findings[0]),
            "z:1: error: $GENERATE lines make over 67108864 octets of text in one zone; write the "
            "records to the file or split the zone");
}

TEST(Generate, OctetsOfAllLinesCount) {
  const std::string lines = "$GENERATE 1-2 a 60 PTR x\n$GENERATE 1-1 b 60 PTR x\n";  // 10 each.
  for (const uint64_t max : {30, 29}) {
    Nowhere sink;
    ZoneFileLimits limits;
    limits.generated_bytes_max = max;
    EXPECT_EQ(ReadZoneText(lines, "z", NameView(), sink, limits).records, max / 10);
  }
}

TEST(Generate, StopsWhenToldTo) {
  StopFlag stop;
  Nowhere sink;
  sink.stop = &stop;
  ZoneFileLimits limits;
  limits.stop = &stop;
  const auto result =
      ReadZoneText("$GENERATE 1-65536 a$ 60 TXT ${0,200}\n", "z", NameView(), sink, limits);
  EXPECT_LT(result.records, 2'000u);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(ToText(result.findings[0]), "z:1: error: loading was stopped");
}

TEST(Generate, LineAfterItHasItsOwnNumber) {
  Drawing drawing;
  const auto result =
      ReadZoneText("$GENERATE 1-2 h$ 60 PTR x\nfoo 60 PTR a..", "z", NameView(), drawing);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].line, 2u);
}

// Of every line without one, wherever it stands: BIND does the same.
TEST(Generate, NoGeneratedNameIsTheOwnerOfWhatFollows) {
  Drawing drawing;
  const auto result = ReadZoneText(
      "$TTL 9\nb PTR x\n$GENERATE 1-2 a$ PTR y\n PTR z\na2 PTR v\n$GENERATE 2-2 a$ PTR y\n"
      "a2 PTR w\n",
      "z", NameView(), drawing);
  EXPECT_TRUE(result.findings.empty());
  EXPECT_EQ(drawing.drawn, "b./9/x. a1./9/y. a2./9/y. b./9/z. a2./9/v. a2./9/y. a2./9/w.");
}

TEST(Generate, FirstRecordAfterItNeedsAnOwner) {
  Drawing drawing;
  const auto result =
      ReadZoneText("$GENERATE 0-1 a 60 PTR x\n 60 PTR y\n", "z", NameView(), drawing);
  EXPECT_EQ(drawing.drawn, "a./60/x. a./60/x.");
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(ToText(result.findings[0]),
            "z:2: error: the first record has no owner; write its name at the start of the line "
            "(RFC 1035 §5.1)");
}

// The record is the earlier owner's, so its own faults are reported.
TEST(Generate, ABadNameIsNotTheOwnerOfWhatFollows) {
  Drawing drawing;
  const auto result = ReadZoneText("b 60 PTR x\n$GENERATE 1-2 a..$ 60 PTR x\n 60 PTR y..\n", "z",
                                   NameView(), drawing);
  ASSERT_EQ(result.findings.size(), 2u);
  EXPECT_EQ(result.findings[0].line, 2u);
  EXPECT_EQ(result.findings[1].line, 3u);
}

}  // namespace
}  // namespace hither
