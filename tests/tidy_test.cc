// The tree keeps the house's rules (tidy_rules.h), and each rule can tell a bad sample.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tests/tidy_rules.h"

namespace hither {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Folders that hold what is ours; whatever else lies about in a checkout is not looked at.
constexpr const char* kFolders[] = {"anycast", "base",   "bench", "daemon", "dns",  "docker",
                                    "lab",     "server", "tests", "tool",   "zones"};

// The files below `folders` whose names end in one of `extensions`.
std::vector<SourceFile> FilesIn(std::span<const char* const> folders,
                                const std::set<std::string>& extensions) {
  std::vector<SourceFile> files;
  const fs::path top = HITHER_SOURCE_DIR;
  for (const char* folder : folders) {
    if (!fs::is_directory(top / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
      if (!entry.is_regular_file() || !extensions.contains(entry.path().extension())) continue;
      files.push_back({fs::relative(entry.path(), top), ReadFile(entry.path())});
    }
  }
  return files;
}

std::vector<SourceFile> Sources() { return FilesIn(kFolders, {".cc", ".h", ".py"}); }

// What people read: the sources, the console's page and the documents.
std::vector<SourceFile> Texts() {
  constexpr const char* kDocuments[] = {"docs", "examples", "packaging"};
  const std::set<std::string> extensions = {".cc", ".h", ".py", ".js", ".md", ".yaml"};
  std::vector<SourceFile> texts = FilesIn(kFolders, extensions);
  for (SourceFile& file : FilesIn(kDocuments, extensions)) texts.push_back(std::move(file));
  for (const char* name : {"README.md", "ARCHITECTURE.md", "CHANGELOG.md"}) {
    texts.push_back({name, ReadFile(fs::path(HITHER_SOURCE_DIR) / name)});
  }
  return texts;
}

Problems InTree(Problems (*rule)(const SourceFile&)) {
  Problems problems;
  for (const SourceFile& file : Sources()) {
    for (std::string& problem : rule(file)) problems.push_back(std::move(problem));
  }
  return problems;
}

#define EXPECT_TIDY(found)                                          \
  do {                                                              \
    const Problems problems = (found);                              \
    EXPECT_TRUE(problems.empty()) << absl::StrJoin(problems, "\n"); \
  } while (false)

TEST(Tree, IsThere) { EXPECT_GT(Sources().size(), 20u); }
TEST(Tree, HasNoLongLines) { EXPECT_TIDY(InTree(LongLines)); }
TEST(Tree, HasNoLongFunctions) { EXPECT_TIDY(InTree(LongFunctions)); }
TEST(Tree, HasNoLongFiles) { EXPECT_TIDY(InTree(LongFiles)); }
TEST(Tree, HasNoLeftovers) { EXPECT_TIDY(InTree(Leftovers)); }
TEST(Tree, ReadsJsonWithinLimits) { EXPECT_TIDY(InTree(UnboundedJson)); }
TEST(Tree, ClosesThroughOwners) { EXPECT_TIDY(InTree(RawCloses)); }
TEST(Tree, OwnsHandles) { EXPECT_TIDY(InTree(RawHandles)); }
TEST(Tree, HasNoLargeClasses) { EXPECT_TIDY(InTree(LargeClasses)); }
TEST(Tree, HasIncludeGuards) { EXPECT_TIDY(InTree(IncludeGuards)); }

TEST(Tree, IsWrittenInPlainEnglish) {
  Problems all;
  for (const SourceFile& file : Texts()) {
    for (std::string& problem : ForeignWords(file)) all.push_back(std::move(problem));
  }
  EXPECT_TIDY(all);
}

TEST(Tree, IncludesAlongTheArrows) { EXPECT_TIDY(InTree(Includes)); }

TEST(Tree, ListsEverySource) {
  Problems all;
  for (const SourceFile& file : Sources()) {
    const fs::path folder = (fs::path(HITHER_SOURCE_DIR) / file.path).parent_path();
    const std::string lists = ReadFile(folder / "CMakeLists.txt");
    for (std::string& problem : UnlistedSources(file, lists)) all.push_back(std::move(problem));
  }
  EXPECT_TIDY(all);
}

struct Sample {
  const char* name;
  Problems (*rule)(const SourceFile&);
  SourceFile file;
  std::string want;  // All problems, or "".
};
void PrintTo(const Sample& sample, std::ostream* os) { *os << sample.name; }

class Rule : public testing::TestWithParam<Sample> {};

TEST_P(Rule, TellsASample) {
  EXPECT_EQ(absl::StrJoin(GetParam().rule(GetParam().file), " | "), GetParam().want);
}

std::string Repeat(int count, absl::string_view what) {
  std::string text;
  for (int i = 0; i < count; ++i) absl::StrAppend(&text, what);
  return text;
}

Problems ListedInSample(const SourceFile& file) {
  return UnlistedSources(file, "add_library(x STATIC\n  listed.cc  # not commented.cc\n)\n");
}

const std::string kWide = Repeat(101, "x");
const std::string kAgainst = " is against the arrows of ARCHITECTURE.md";
const std::string kGuarded =
    "#ifndef HITHER_A_B_H_\n#define HITHER_A_B_H_\n#endif  // HITHER_A_B_H_\n";

// clang-format off
const Sample kSamples[] = {
    {"LineOf100",        LongLines,      {"a.cc", Repeat(100, "x") + "\n"}, ""},
    {"LineOf101",        LongLines,      {"a.cc", "\n" + kWide + "\n"}, "a.cc:2: 101 columns"},
    {"SignsAreOneColumn", LongLines,     {"a.cc", Repeat(100, "§")}, ""},
    {"TableMayBeWide",   LongLines,      {"a.cc", "// clang-format off\n" + kWide + "\n// clang-format on\n"}, ""},
    {"AfterTheTable",    LongLines,      {"a.cc", "// clang-format off\n// clang-format on\n" + kWide}, "a.cc:3: 101 columns"},
    {"FunctionOf70",     LongFunctions,  {"a.cc", "int F() {\n" + Repeat(68, "f();\n") + "}\n"}, ""},
    {"FunctionOf71",     LongFunctions,  {"a.cc", "\nint F() {\n" + Repeat(69, "f();\n") + "}\n"}, "a.cc:2: a function of 71 lines"},
    {"MethodInClass",    LongFunctions,  {"a.h", "class C {\n int F() const {\n" + Repeat(69, "f();\n") + "}\n};\n"}, "a.h:2: a function of 71 lines"},
    {"TestCase",         LongFunctions,  {"a.cc", "TEST(A, B) {\n" + Repeat(69, "if (x) {\n}\n") + "}\n"}, "a.cc:1: a function of 140 lines"},
    {"LongSignature",    LongFunctions,  {"a.cc", "int F(int a,\n      int b) {\n" + Repeat(68, "f();\n") + "}\n"}, "a.cc:1: a function of 71 lines"},
    {"ClassIsNoFunction", LongFunctions, {"a.h", "class C {\n" + Repeat(90, "void F();\n") + "};\n"}, ""},
    {"TableIsNoFunction", LongFunctions, {"a.cc", "int t[] = {\n" + Repeat(90, "{1, f(2)},\n") + "};\n"}, ""},
    {"BracesInLiterals", LongFunctions,  {"a.cc", "void F() { f('{', \"{\", R\"x({)x\", 1'000); /* { */ }  // {\n" + Repeat(90, "void G();\n")}, ""},
    {"FileOf500",        LongFiles,      {"a.cc", Repeat(500, "\n")}, ""},
    {"FileOf501",        LongFiles,      {"a.cc", Repeat(501, "\n")}, "a.cc:1: 501 lines; look for the seam"},
    {"Leftover",         Leftovers,      {"a.cc", "\n// FIX" "ME: later\n"}, "a.cc:2: FIX" "ME"},
    {"LeftoverInAWord",  Leftovers,      {"a.cc", "AFFIX" "MENT X" "XXL\n"}, ""},
    {"Guarded",          IncludeGuards,  {"a/b.h", kGuarded}, ""},
    {"OtherGuard",       IncludeGuards,  {"a/c.h", kGuarded}, "a/c.h:1: no include guard HITHER_A_C_H_ | a/c.h:3: does not end the guard HITHER_A_C_H_"},
    {"NoGuardInSource",  IncludeGuards,  {"a/b.cc", ""}, ""},
    {"JsonParser",       UnboundedJson,  {"tool/a.cc", "\n#include <nlohmann/json.hpp>\n"}, "tool/a.cc:2: use base/json_reader.h or base/json_writer.h"},
    {"QuotedParser",     UnboundedJson,  {"base/json_reader.h", "#include \"nlohmann/json_fwd.hpp\""}, "base/json_reader.h:1: use base/json_reader.h or base/json_writer.h"},
    {"JsonReader",       UnboundedJson,  {"base/json_reader.cc", "#include <nlohmann/json.hpp>\n"}, ""},
    {"JsonOfTests",      UnboundedJson,  {"tests/a.cc", "#include <nlohmann/json.hpp>\n"}, ""},
    {"JsonInAComment",   UnboundedJson,  {"tool/a.cc", "// #include <nlohmann/json.hpp>\n"}, ""},
    {"ForeignWord",      ForeignWords,   {"a.md", "\nMade an" "ew, by who" "ever\n"}, "a.md:2: 'an" "ew'; write plain English | a.md:2: 'who" "ever'; write plain English"},
    {"ForeignPhrase",    ForeignWords,   {"a.cc", "// Of " "which one"}, "a.cc:1: 'of " "which'; write plain English"},
    {"WordInAWord",      ForeignWords,   {"a.py", "an" "ewer un" "tolds"}, ""},
    {"RawClose",         RawCloses,      {"zones/a.cc", "\nif (fd >= 0) close(fd);\n"}, "zones/a.cc:2: use FileDescriptor of base/file_descriptor.h"},
    {"GlobalClose",      RawCloses,      {"tool/a.cc", "::close(fd);"}, "tool/a.cc:1: use FileDescriptor of base/file_descriptor.h"},
    {"OtherCloses",      RawCloses,      {"tool/a.cc", "uv_close(h, f); file.close(); file->close();  // close(fd)"}, ""},
    {"CloseInItsOwner",  RawCloses,      {"base/file_descriptor.h", "::close(fd_);"}, ""},
    {"CloseInTests",     RawCloses,      {"tests/a.cc", "close(fd);"}, ""},
    {"RawHandle",        RawHandles,     {"anycast/a.cc", "\nuv_timer_init(&loop, &timer_);\n"}, "anycast/a.cc:2: uv_timer_init; use an owner of base/net/uv.h"},
    {"RawHandleClose",   RawHandles,     {"tool/a.cc", "x = uv_close(h, f), uv_poll_init(l, p, 0);"}, "tool/a.cc:1: uv_close; use an owner of base/net/uv.h | tool/a.cc:1: uv_poll_init; use an owner of base/net/uv.h"},
    {"LoopsAndBuffers",  RawHandles,     {"tool/a.cc", "uv_loop_init(&l); uv_loop_close(&l); uv_buf_init(p, 1);  // uv_close(h)"}, ""},
    {"LikeAHandle",      RawHandles,     {"tool/a.cc", "my_uv_close(h); uv_closed(h); &uv_close;"}, ""},
    {"HandleInItsOwner", RawHandles,     {"base/net/uv.h", "uv_close(h, f);"}, ""},
    {"ClassOf20",        LargeClasses,   {"a.h", "class C {\n" + Repeat(20, "  int a_;\n") + "};\n"}, ""},
    {"ClassOf21",        LargeClasses,   {"a.h", "\nclass C : D {\n" + Repeat(21, "  int a_;\n") + "};\n"}, "a.h:2: a class of 21 data members; look for parts, or say why: // Data members: WHY"},
    {"EachKindOfMember", LargeClasses,   {"a.h", Repeat(1, "struct C {\n" + Repeat(4, " std::map<A, B> a_ = {1, {2}};\n  int b_{1};\n  char c_[4];\n  T* d_ ABSL_GUARDED_BY(mu_) = 0;\n  enum E { kA } e_ = kA;\n") + "  F<void(int)> f_;\n};\n")}, "a.h:1: a class of 21 data members; look for parts, or say why: // Data members: WHY"},
    {"MembersOfNone",    LargeClasses,   {"a.h", "class C {\n" + Repeat(21, " static int a_;\n int F() { T b_; return b_; }\n int G(int c_) const;\n int d;\n using T_ = int;\n") + "};\n"}, ""},
    {"ClassWithAReason", LargeClasses,   {"a.h", "// What it is.\n//\n// Data members: the header's fields.\ntemplate <typename T>\nclass C {\n" + Repeat(21, "  int a_;\n") + "};\n"}, ""},
    {"NoReasonGiven",    LargeClasses,   {"a.h", "// Data members: why.\nint x;\n// Data members:\nclass C {\n" + Repeat(21, "  int a_;\n") + "};\n"}, "a.h:4: a class of 21 data members; look for parts, or say why: // Data members: WHY"},
    {"NestedClasses",    LargeClasses,   {"a.h", "class C {\n  struct D {\n" + Repeat(20, "  int a_;\n") + "  };\n" + Repeat(20, "  int b_;\n") + "};\n"}, ""},
    {"ZonesUseServer",   Includes,   {"zones/a.cc", "#include \"server/b.h\"\n"}, "zones/a.cc:1: server/b.h" + kAgainst},
    {"ZonesUseUv",       Includes,   {"zones/a.cc", "#include <uv.h>\n"}, "zones/a.cc:1: uv.h" + kAgainst},
    {"ZonesUseZones",    Includes,   {"zones/a.cc", "#include \"zones/b.h\"\n#include \"absl/c.h\"\n#include <string>\n"}, ""},
    {"BaseUsesZone",     Includes,   {"daemon/a.cc", "#include \"zones/image/zone.h\"\n"}, "daemon/a.cc:1: zones/image/zone.h" + kAgainst},
    {"BaseUsesName",     Includes,   {"daemon/a.cc", "#include \"dns/name.h\"\n"}, ""},
    {"BaseUsesServer",   Includes,   {"daemon/a.cc", "#include \"server/listen/worker.h\"\n"}, "daemon/a.cc:1: server/listen/worker.h" + kAgainst},
    {"ServerUsesTool",   Includes,   {"server/a.cc", "#include \"tool/b.h\"\n"}, "server/a.cc:1: tool/b.h" + kAgainst},
    {"ServerUsesTests",  Includes,   {"server/a.cc", "#include \"tests/b.h\"\n"}, "server/a.cc:1: tests/b.h" + kAgainst},
    {"AnycastUsesZones", Includes,   {"anycast/a.cc", "#include \"dns/name.h\"\n"}, "anycast/a.cc:1: dns/name.h" + kAgainst},
    {"ServerUsesUv",     Includes,   {"server/listen/worker.cc", "#include <uv.h>\n"}, ""},
    {"AnswerUsesUv",     Includes,   {"server/answer/answer.cc", "#include <uv.h>\n"}, "server/answer/answer.cc:1: uv.h" + kAgainst},
    {"TestsUseAll",      Includes,   {"tests/a.cc", "#include \"server/b.h\"\n#include <uv.h>\n"}, ""},
    {"Listed",           ListedInSample, {"zones/listed.cc", ""}, ""},
    {"Unlisted",         ListedInSample, {"zones/commented.cc", ""}, "zones/commented.cc:1: in no CMakeLists.txt"},
    {"HeadersNeedNoList", ListedInSample, {"zones/other.h", ""}, ""},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Samples, Rule, testing::ValuesIn(kSamples),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hither
