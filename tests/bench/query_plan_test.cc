#include "bench/query_plan.h"

#include <ostream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

std::string Hex(const Bytes& octets) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(octets.data()), octets.size()));
}

// "length*count length*count ...", in the order of sending.
std::string Groups(const QueryPlan& plan) {
  std::string text;
  for (const QueryGroup& group : plan.groups) {
    absl::StrAppend(&text, text.empty() ? "" : " ", group.query_bytes, "*", group.count);
  }
  return text;
}

struct Case {
  const char* name;
  const char* text;
  QueryPlanOptions options;
  const char* want;  // Groups, or the error.
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

// clang-format off
const Case kCases[] = {
    {"OneQuery",          "a. A\n",                          {},                       "19*1"},
    {"NoLineEnd",         "a. A",                            {},                       "19*1"},
    {"Root",              ". NS\n",                          {},                       "17*1"},
    {"WithoutLastDot",    "example A\n",                     {},                       "25*1"},
    {"NotCounted",        "; a. A\n\n# b. A\n  \nc. A\r\n",  {},                       "19*1"},
    {"TabAndLowerCase",   "a.\t aaaa \n",                    {},                       "19*1"},
    {"NumberedType",      "a. TYPE65280\n",                  {},                       "19*1"},
    {"Edns",              "a. A\n",                          {.edns = true},           "30*1"},
    {"DnssecIsEdns",      "a. A\n",                          {.dnssec_ok = true},      "30*1"},
    {"GroupsOfOneLength", "a. A\nbb. A\nc. A\ndd. A\ne. A\n", {.group_max = 2},         "19*2 20*2 19*1"},
    {"RestsByLength",     "ccc. A\nbb. A\na. A\n",           {.group_max = 2},         "19*1 20*1 21*1"},
    {"NoGroups",          "a. A\nb. A\n",                    {.group_max = 1},         "19*1 19*1"},
    {"Empty",             "",                                {},                       "no queries"},
    {"OnlyComments",      "; a. A\n",                        {},                       "no queries"},
    {"NoType",            "a. A\nb.\n",                      {},                       "line 2: no type given"},
    {"UnknownType",       "a. NONESUCH\n",                   {},                       "line 1: 'NONESUCH' is not a type"},
    {"TwoTypes",          "a. A AAAA\n",                     {},                       "line 1: 'A AAAA' is not a type"},
};
// clang-format on

class PlanQueriesTest : public testing::TestWithParam<Case> {};

TEST_P(PlanQueriesTest, Groups) {
  const auto plan = PlanQueries(GetParam().text, GetParam().options);
  EXPECT_EQ(plan.ok() ? Groups(*plan) : std::string(plan.status().message()), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Cases, PlanQueriesTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(PlanQueries, EncodesAsRfc1035Says) {
  const auto plan = PlanQueries("a.b. MX\n", {.dnssec_ok = true, .payload_bytes = 1232});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(Hex(plan->octets),
            "0000"              // ID: the sender's
            "0000"              // a query; no RD
            "0001000000000001"  // one question, one additional record
            "0161"
            "0162"
            "00"
            "000f"
            "0001"  // a.b. MX IN
            "00"
            "0029"
            "04d0"  // the root, OPT, 1232 octets
            "00"
            "00"
            "8000"
            "0000");  // extended rcode, version, DO, no options
}

TEST(PlanQueries, TellsALongLabel) {
  const auto plan = PlanQueries(absl::StrCat(std::string(64, 'x'), ". A\n"), {});
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.status().message().substr(0, 8), "line 1: ");
}

TEST(ReadQueryPlan, TellsAMissingFile) {
  const auto plan = ReadQueryPlan("/nonexistent/queries", {});
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.status().message(), "/nonexistent/queries: cannot be opened");
}

}  // namespace
}  // namespace hither
