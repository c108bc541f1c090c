#include "zones/image/image_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "zones/image/image_format.h"
#include "zones/image/image_layout.h"

namespace hither {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr char kText[] = R"(
@ 60 SOA a b 7 2 3 4 5
@ 60 NS ns
ns 60 A 192.0.2.1
b.c 60 TXT x
*.w 60 MX 1 ns
s 60 NS ns.s
ns.s 60 A 192.0.2.3
d 60 DNAME w
v 60 SVCB 1 .
)";

std::shared_ptr<const Zone> Example() { return BuildZone(FlatZoneFromText("example.", kText)); }

class ImageFileTest : public testing::Test {
 protected:
  ImageFileTest() {
    std::string name = (fs::temp_directory_path() / "hither-image-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = folder_ / "zone.image";
  }
  ~ImageFileTest() override { fs::remove_all(folder_); }

  std::string Octets() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Put(const std::string& octets) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << octets;
  }
  absl::StatusOr<std::shared_ptr<const Zone>> Read(const char* apex = "example.") const {
    absl::StatusOr<ImageFile> file = ImageFile::Open(path_);
    if (!file.ok()) return file.status();
    return file->Read(*Name::FromText(apex));
  }

  fs::path folder_;
  std::string path_;
};

std::string OctetsOf(const Zone& zone) {
  const ByteView image = zone.image();
  return {reinterpret_cast<const char*>(image.data()), image.size()};
}

// But for the checksum, which only the file has.
std::string WithoutChecksum(std::string octets) {
  std::memset(octets.data() + offsetof(ImageHead, checksum), 0, sizeof(ImageHead::checksum));
  return octets;
}

TEST_F(ImageFileTest, GivesBackWhatWasWritten) {
  FlatZone nsec = FlatZoneFromText("example.", kText);
  FlatZone nsec3 = nsec;
  SignWithNsec(nsec);
  SignWithNsec3(nsec3, {1, {0xab, 0xcd, 0xef}, true});
  for (const auto& zone : {Example(), BuildZone(nsec), BuildZone(nsec3)}) {
    ASSERT_TRUE(WriteImageFile(*zone, path_, "a note\nof two lines").ok());
    absl::StatusOr<ImageFile> file = ImageFile::Open(path_);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(file->note(), "a note\nof two lines");
    const auto read = file->Read(*Name::FromText("EXAMPLE."));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(WithoutChecksum(OctetsOf(**read)), WithoutChecksum(OctetsOf(*zone)));
  }
}

TEST_F(ImageFileTest, IsTheSameEachTimeItIsMade) {
  ASSERT_TRUE(WriteImageFile(*Example(), path_, "").ok());
  const std::string first = Octets();
  ASSERT_TRUE(WriteImageFile(*Example(), path_, "").ok());
  EXPECT_EQ(Octets(), first);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "no leftovers";
}

struct Damage {
  const char* name;
  void (*damage)(std::string& octets);
  const char* error;
};
void PrintTo(const Damage& damage, std::ostream* os) { *os << damage.name; }

class Damaged : public ImageFileTest, public testing::WithParamInterface<Damage> {};

TEST_P(Damaged, IsRefusedWithTheReason) {
  ASSERT_TRUE(WriteImageFile(*Example(), path_, "note").ok());
  std::string octets = Octets();
  GetParam().damage(octets);
  Put(octets);
  const auto read = Read();
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(std::string(read.status().message()), HasSubstr(path_));
  EXPECT_THAT(std::string(read.status().message()), HasSubstr(GetParam().error));
}

// clang-format off
constexpr Damage kDamages[] = {
    {"Empty",          [](std::string& o) { o.clear(); }, "not a zone image; name a file made by hither compile"},
    {"TextInstead",    [](std::string& o) { o = "$ORIGIN example.\n@ SOA a b 1 2 3 4 5\n"; }, "not a zone image"},
    {"OlderFormat",    [](std::string& o) { o[8] = 0; }, "an image of format 0; this version reads format 3; compile it again"},
    {"NewerFormat",    [](std::string& o) { o[8] = 9; }, "an image of format 9; this version reads format 3"},
    {"OtherByteOrder", [](std::string& o) { std::swap(o[12], o[15]); std::swap(o[13], o[14]); }, "another byte order"},
    {"CutInTheNote",   [](std::string& o) { o.resize(o.size() - 1); }, "cut off or damaged"},
    {"CutInTheImage",  [](std::string& o) { o.resize(o.size() / 2); }, "cut off or damaged"},
    {"HeadOnly",       [](std::string& o) { o.resize(40); }, "cut off or damaged"},
    {"Longer",         [](std::string& o) { o += '\0'; }, "cut off or damaged"},
    {"OtherOctet",     [](std::string& o) { o[200] ^= 1; }, "its checksum differs"},
    {"OtherNote",      [](std::string& o) { o[o.size() - 17] ^= 1; }, "the note's checksum differs"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Files, Damaged, testing::ValuesIn(kDamages),
                         [](const auto& tested) { return std::string(tested.param.name); });

// Wherever a bit is wrong and wherever the file ends, nothing of it is served.
TEST_F(ImageFileTest, EveryWrongOctetIsSeen) {
  ASSERT_TRUE(WriteImageFile(*Example(), path_, "note").ok());
  const std::string good = Octets();
  ASSERT_TRUE(Read().ok());
  for (size_t at = 0; at < good.size(); ++at) {
    std::string octets = good;
    octets[at] = static_cast<char>(octets[at] ^ 0x10);
    Put(octets);
    ASSERT_FALSE(Read().ok()) << "octet " << at;
    Put(good.substr(0, at));
    ASSERT_FALSE(Read().ok()) << "cut at " << at;
  }
}

// A sparse file may say anything of its size; memory is asked for only within the limit.
TEST_F(ImageFileTest, OverTheLimitIsRefused) {
  constexpr uint64_t kImageBytes = kImageBytesMax + 8;
  ASSERT_TRUE(WriteImageFile(*Example(), path_, "").ok());
  const std::string good = Octets();
  ImageHead head;
  std::memcpy(&head, good.data(), sizeof(head));
  head.image_bytes = kImageBytes;
  fs::resize_file(path_, kImageBytes + sizeof(ImageTail));
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.write(reinterpret_cast<const char*>(&head), sizeof(head));
  file.seekp(static_cast<std::streamoff>(kImageBytes));
  file.write(good.data() + good.size() - sizeof(ImageTail), sizeof(ImageTail));
  file.close();
  EXPECT_THAT(std::string(Read().status().message()), HasSubstr("cut off or damaged"));
}

TEST_F(ImageFileTest, OfAnotherZoneIsRefused) {
  ASSERT_TRUE(WriteImageFile(*Example(), path_, "").ok());
  EXPECT_THAT(std::string(Read("example.net.").status().message()),
              HasSubstr("the image is of the zone example., not of example.net.; correct"));
}

TEST_F(ImageFileTest, ThatIsNotThereIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(ImageFile::Open(path_).status()));
  EXPECT_THAT(std::string(ImageFile::Open(folder_.string()).status().message()),
              HasSubstr("not a regular file"));
}

// A full disk, by way of a limit on files: the old image stays, and no half of a new one.
TEST_F(ImageFileTest, ThatCannotBeWrittenLeavesTheOldOne) {
  ASSERT_TRUE(WriteImageFile(*Example(), path_, "old").ok());
  const std::string old = Octets();
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit little{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  const absl::Status written = WriteImageFile(*Example(), path_, "new");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_THAT(std::string(written.message()), HasSubstr("cannot write the file: File too large"));
  EXPECT_EQ(Octets(), old);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "no leftovers";
  EXPECT_THAT(std::string(WriteImageFile(*Example(), "/nonexistent/x", "").message()),
              HasSubstr("/nonexistent/x: cannot create the file"));
}

}  // namespace
}  // namespace hither
