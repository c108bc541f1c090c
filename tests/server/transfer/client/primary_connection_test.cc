#include "server/transfer/client/primary_connection.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A stream that the test holds both ends of.
class FakeStream : public ByteStream {
 public:
  struct Far {
    Handler handler = {};
    Bytes written = {};
    size_t unsent = 0;
    bool is_there = true;
  };
  FakeStream(Far& far, Handler handler) : far_(far) { far_.handler = std::move(handler); }
  ~FakeStream() override { far_.is_there = false; }
  void Write(ByteView octets) override {
    far_.written.insert(far_.written.end(), octets.begin(), octets.end());
  }
  size_t unsent_bytes() const override { return far_.unsent; }

 private:
  Far& far_;
};

Bytes Message(uint16_t id, size_t size = 12) {
  Bytes message(size, 0);
  StoreU16(message.data(), id);
  return message;
}

Bytes Framed(const Bytes& message) {
  Bytes framed(2);
  StoreU16(framed.data(), static_cast<uint16_t>(message.size()));
  framed.insert(framed.end(), message.begin(), message.end());
  return framed;
}

class PrimaryConnectionTest : public testing::Test {
 protected:
  PrimaryConnectionTest() {
    connection_ = std::make_unique<PrimaryConnection>(
        [this](ByteStream::Handler handler) {
          return std::make_unique<FakeStream>(far_, std::move(handler));
        },
        PrimaryConnection::Handler{.on_message =
                                       [this](uint16_t id, std::span<uint8_t> message) {
                                         got_.emplace_back(id, message.size());
                                         if (destroys_) connection_.reset();
                                       },
                                   .on_octets =
                                       [this](uint16_t id, size_t octets) {
                                         octets_[id] += octets;
                                         if (destroys_at_octets_) connection_.reset();
                                       },
                                   .on_end =
                                       [this](ByteStream::End end, const std::string& detail) {
                                         ++ends_;
                                         broke_rules_ = connection_->broke_rules();
                                         end_ = end;
                                         detail_ = detail;
                                         if (destroys_) connection_.reset();
                                       }});
  }
  void Receive(const Bytes& octets) { far_.handler.on_octets(octets); }

  FakeStream::Far far_;
  std::unique_ptr<PrimaryConnection> connection_;
  bool destroys_ = false;
  bool destroys_at_octets_ = false;
  bool broke_rules_ = false;
  std::map<uint16_t, size_t> octets_;
  std::vector<std::pair<uint16_t, size_t>> got_;
  int ends_ = 0;
  ByteStream::End end_ = ByteStream::End::kOwnFault;
  std::string detail_;
};

TEST_F(PrimaryConnectionTest, FramesWhatItSends) {
  const uint16_t id = *connection_->NextId();
  connection_->Send(Message(id, 30));
  EXPECT_EQ(far_.written, Framed(Message(id, 30)));
}

TEST_F(PrimaryConnectionTest, GivesEachQueryAnIdOfItsOwn) {
  const uint16_t first = *connection_->NextId();
  const uint16_t second = *connection_->NextId();
  EXPECT_NE(first, second);
  Receive(Framed(Message(second, 20)));
  Receive(Framed(Message(first, 40)));
  Receive(Framed(Message(second, 60)));
  EXPECT_THAT(got_,
              ElementsAre(std::pair(second, 20), std::pair(first, 40), std::pair(second, 60)));
}

// However the octets are cut.
TEST_F(PrimaryConnectionTest, PutsMessagesTogether) {
  const uint16_t id = *connection_->NextId();
  Bytes octets = Framed(Message(id, 300));
  const Bytes second = Framed(Message(id, 65'535));
  octets.insert(octets.end(), second.begin(), second.end());
  for (size_t size : {size_t{1}, size_t{2}, size_t{7}, size_t{4096}}) {
    got_.clear();
    for (size_t at = 0; at < octets.size(); at += size) {
      const auto from = octets.begin() + static_cast<ptrdiff_t>(at);
      Receive({from, from + static_cast<ptrdiff_t>(std::min(size, octets.size() - at))});
    }
    EXPECT_THAT(got_, ElementsAre(std::pair(id, 300), std::pair(id, 65'535))) << size;
  }
}

TEST_F(PrimaryConnectionTest, EndsWhenNobodyHasAskedForAMessage) {
  const uint16_t id = *connection_->NextId();
  connection_->End(id, /*may_have_more=*/false);
  Receive(Framed(Message(id)));
  EXPECT_TRUE(got_.empty());
  EXPECT_EQ(ends_, 1);
  EXPECT_THAT(detail_, HasSubstr("nobody had asked for"));
  EXPECT_FALSE(connection_->HasRoom());
  EXPECT_FALSE(far_.is_there) << "the stream is closed";
}

TEST_F(PrimaryConnectionTest, DropsTheRestOfAReplyThatIsNotWanted) {
  const uint16_t unwanted = *connection_->NextId();
  const uint16_t other = *connection_->NextId();
  connection_->End(unwanted, /*may_have_more=*/true);
  EXPECT_FALSE(connection_->HasRoom()) << "a new connection is for the next query";
  EXPECT_FALSE(connection_->NextId().has_value());
  Receive(Framed(Message(unwanted)));
  Receive(Framed(Message(other)));
  EXPECT_THAT(got_, ElementsAre(std::pair(other, 12)));
  EXPECT_EQ(ends_, 0);
  EXPECT_EQ(connection_->under_way(), 1u);
}

TEST_F(PrimaryConnectionTest, EndsAtAMessageWithoutAHeader) {
  const uint16_t id = *connection_->NextId();
  Receive(Framed(Message(id, 11)));
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(end_, ByteStream::End::kClosed);
  EXPECT_EQ(detail_, "it sent a message of 11 octets");
  EXPECT_TRUE(broke_rules_);
}

// Also those of a message that never becomes complete.
TEST_F(PrimaryConnectionTest, CountsTheOctetsOfEachReply) {
  const uint16_t first = *connection_->NextId();
  const uint16_t second = *connection_->NextId();
  for (uint8_t octet : Framed(Message(first, 300))) Receive({octet});
  Receive(Framed(Message(second, 20)));
  Bytes begun = Framed(Message(second, 500));
  begun.resize(3);
  Receive(begun);
  EXPECT_THAT(octets_, testing::UnorderedElementsAre(std::pair(first, 302), std::pair(second, 22)))
      << "no ID yet";
  Receive({static_cast<uint8_t>(second)});
  Receive({0, 0, 0});
  EXPECT_EQ(octets_[second], 22u + 7u);
}

TEST_F(PrimaryConnectionTest, CountsNoOctetsOfAReplyThatIsNotWanted) {
  const uint16_t id = *connection_->NextId();
  connection_->End(id, /*may_have_more=*/true);
  Receive(Framed(Message(id)));
  EXPECT_TRUE(octets_.empty());
}

TEST_F(PrimaryConnectionTest, MayBeDestroyedWhileItCounts) {
  destroys_at_octets_ = true;
  const Bytes message = Framed(Message(*connection_->NextId()));
  const ByteStream::Handler handler = far_.handler;
  handler.on_octets(message);
  EXPECT_EQ(connection_, nullptr);
  EXPECT_TRUE(got_.empty());
}

TEST_F(PrimaryConnectionTest, TellsOfItsStreamsEndOnce) {
  (void)connection_->NextId();
  far_.handler.on_end(ByteStream::End::kRefused, "nothing listens there");
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(end_, ByteStream::End::kRefused);
  EXPECT_FALSE(broke_rules_);
  connection_->Send(Message(1));  // Nobody gets it.
  EXPECT_TRUE(far_.written.empty());
}

TEST_F(PrimaryConnectionTest, HasRoomForSoManyAndNoMore) {
  for (size_t count = 0; count < PrimaryConnection::kQueriesMax; ++count) {
    EXPECT_TRUE(connection_->NextId().has_value());
  }
  EXPECT_FALSE(connection_->HasRoom());
}

TEST_F(PrimaryConnectionTest, HasNoRoomWhileThePrimaryTakesNothing) {
  far_.unsent = PrimaryConnection::kUnsentBytesMax;
  EXPECT_FALSE(connection_->HasRoom());
  far_.unsent = 0;
  EXPECT_TRUE(connection_->HasRoom());
}

TEST_F(PrimaryConnectionTest, MayBeDestroyedByWhatItCalls) {
  destroys_ = true;
  const uint16_t id = *connection_->NextId();
  Bytes twice = Framed(Message(id));
  const Bytes once = twice;
  twice.insert(twice.end(), once.begin(), once.end());
  const ByteStream::Handler handler = far_.handler;  // The stream's own goes with it.
  handler.on_octets(twice);
  EXPECT_EQ(connection_, nullptr);
  EXPECT_EQ(got_.size(), 1u);
  EXPECT_FALSE(far_.is_there);
}

}  // namespace
}  // namespace hither
