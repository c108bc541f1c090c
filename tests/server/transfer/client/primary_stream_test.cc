#include "server/transfer/client/primary_stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/base/net/tls_peer.h"

namespace hither {
namespace {

class PrimaryStreamTest : public testing::Test {
 protected:
  PrimaryStreamTest() {
    uv_loop_init(&loop_);
    listener_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage bound = {};
    reinterpret_cast<sockaddr_in&>(bound).sin_family = AF_INET;
    reinterpret_cast<sockaddr_in&>(bound).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(sockaddr_in);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&bound), size), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    primary_.address = SocketAddress::FromSystem(bound);
    primary_.source = *SocketAddress::FromText("127.0.0.9", 0);
  }
  ~PrimaryStreamTest() override {
    stream_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  void Open() {
    const auto open = MakePrimaryOpener(loop_, primary_, absl::Minutes(1));
    ASSERT_TRUE(open.ok()) << open.status();
    stream_ = (*open)({.on_open = [this] { is_open_ = true; },
                       .on_octets = [](ByteView) {},
                       .on_end = [this](ByteStream::End end, const std::string&) { end_ = end; }});
    stream_->Write(AsBytes("a query"));
  }
  // The server's end, from the address that the primary must see.
  FileDescriptor Accept() {
    sockaddr_storage from = {};
    socklen_t size = sizeof from;
    FileDescriptor server(
        ::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC));
    EXPECT_EQ(SocketAddress::FromSystem(from).AddressText(), "127.0.0.9");
    return server;
  }
  template <typename Condition>
  bool TurnUntil(Condition is_met) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (!is_met() && absl::Now() < deadline) uv_run(&loop_, UV_RUN_NOWAIT);
    return is_met();
  }

  uv_loop_t loop_;
  FileDescriptor listener_;
  PrimaryConfig primary_ = {.name = "hidden1"};
  std::unique_ptr<ByteStream> stream_;
  bool is_open_ = false;
  std::optional<ByteStream::End> end_;
};

TEST_F(PrimaryStreamTest, OpensTcp) {
  Open();
  ASSERT_TRUE(TurnUntil([this] { return is_open_ && stream_->unsent_bytes() == 0; }));
  std::string got(7, '\0');
  ASSERT_EQ(::recv(Accept().get(), got.data(), got.size(), MSG_WAITALL), 7);
  EXPECT_EQ(got, "a query");
}

TEST_F(PrimaryStreamTest, OpensTls) {
  const TlsIdentity identity = MakeTlsIdentity({});
  primary_.tls = PrimaryTls{.pins = {identity.pin()}};
  Open();
  TlsPeer peer(Accept(), {.identity = &identity});
  ASSERT_TRUE(TurnUntil([&] { return peer.Turn(), peer.received() == "a query"; }));
  EXPECT_TRUE(is_open_);
}

// RFC 9103 §9.3: no fall-back to clear text.
TEST_F(PrimaryStreamTest, SendsNothingToAnotherServer) {
  const TlsIdentity identity = MakeTlsIdentity({});
  const TlsIdentity other = MakeTlsIdentity({});
  primary_.tls = PrimaryTls{.pins = {other.pin()}};
  Open();
  TlsPeer peer(Accept(), {.identity = &identity});
  ASSERT_TRUE(TurnUntil([&] { return peer.Turn(), end_.has_value(); }));
  EXPECT_EQ(end_, ByteStream::End::kUntrusted);
  EXPECT_EQ(peer.received(), "");
  ::fcntl(listener_.get(), F_SETFL, O_NONBLOCK);
  EXPECT_EQ(::accept(listener_.get(), nullptr, nullptr), -1) << "no second try";
}

TEST_F(PrimaryStreamTest, NamesTheFileThatItCannotRead) {
  primary_.tls = PrimaryTls{.ca_file = "/no/such/ca.pem", .host_name = "hidden1.example"};
  const auto open = MakePrimaryOpener(loop_, primary_, absl::Seconds(5));
  EXPECT_THAT(std::string(open.status().message()), testing::HasSubstr("/no/such/ca.pem: "));
}

TEST(WarningOf, IsOfACertificateThatExpires) {
  const TlsIdentity us = MakeTlsIdentity({.name = "us.example"});
  const std::string certificate = testing::TempDir() + "/warning_of.pem";
  const std::string key = testing::TempDir() + "/warning_of.key";
  std::ofstream(certificate) << us.CertificateText();
  std::ofstream(key) << us.KeyText();
  ::chmod(key.c_str(), 0600);
  const auto context = TlsContext::Make(
      TlsSettingsOf({.pins = {us.pin()}, .client_certificate = certificate, .client_key = key}));
  ASSERT_TRUE(context.ok()) << context.status();
  const absl::Time end = (*context)->client_certificate_end();
  EXPECT_GT(end, absl::Now());
  EXPECT_EQ(WarningOf(**context, end - absl::Hours(25)), "");
  EXPECT_THAT(WarningOf(**context, end - absl::Hours(23)),
              testing::StartsWith(certificate + ": the certificate expires soon, "));
  EXPECT_THAT(WarningOf(**context, end), testing::HasSubstr("has expired, "));
  const auto unnamed = TlsContext::Make(TlsSettingsOf({.pins = {us.pin()}}));
  EXPECT_EQ(WarningOf(**unnamed, absl::InfiniteFuture()), "") << "we show none";
}

}  // namespace
}  // namespace hither
