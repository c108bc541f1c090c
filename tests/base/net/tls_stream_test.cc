#include "base/net/tls_stream.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/base/net/tls_peer.h"

namespace hither {
namespace {

using testing::HasSubstr;

// One key for all tests: to make it takes time.
struct Identities {
  TlsIdentity ca = MakeTlsIdentity({.name = "Test CA", .is_ca = true});
  TlsIdentity other_ca = MakeTlsIdentity({.name = "Other CA", .is_ca = true});
  TlsIdentity server = MakeTlsIdentity({.issuer = &ca});
  TlsIdentity self_signed = MakeTlsIdentity({});
  TlsIdentity expired = MakeTlsIdentity({.issuer = &ca, .is_expired = true});
  TlsIdentity client = MakeTlsIdentity({.name = "secondary.example", .issuer = &ca});
};

const Identities& Made() {
  static const Identities made;
  return made;
}

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/tls_stream_" + name;
  std::ofstream(path, std::ios::trunc) << text;
  chmod(path.c_str(), 0640);
  return path;
}

TlsSettings Pinned(const TlsIdentity& identity) {
  return {.pins = {identity.pin()}, .protocol = "dot"};
}

TlsSettings Certified(const TlsIdentity& ca, const std::string& host_name = "primary.example") {
  return {.ca_file = WriteFile("ca.pem", ca.CertificateText()),
          .host_name = host_name,
          .protocol = "dot"};
}

class TlsStreamTest : public testing::Test {
 protected:
  TlsStreamTest() {
    uv_loop_init(&loop_);
    listener_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage bound = {};
    reinterpret_cast<sockaddr_in&>(bound).sin_family = AF_INET;
    reinterpret_cast<sockaddr_in&>(bound).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(sockaddr_in);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&bound), size), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    address_ = SocketAddress::FromSystem(bound);
  }
  ~TlsStreamTest() override {
    stream_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  static std::shared_ptr<const TlsContext> Context(const TlsSettings& settings) {
    auto context = TlsContext::Make(settings);
    EXPECT_TRUE(context.ok()) << context.status();
    return *context;
  }
  void Open(const TlsSettings& settings, absl::Duration open_timeout = absl::Minutes(1)) {
    Open(Context(settings), open_timeout);
  }
  void Open(std::shared_ptr<const TlsContext> context, absl::Duration open_timeout) {
    stream_ = TlsStream::Open(
        loop_, {.to = address_, .context = std::move(context), .open_timeout = open_timeout},
        {.on_open = [this] { OnOpen(); },
         .on_octets = [this](ByteView octets) { OnOctets(octets); },
         .on_end = [this](ByteStream::End end, const std::string& detail) { OnEnd(end, detail); }});
  }
  void OnOpen() {
    ++opens_;
    if (destroys_at_open_) stream_.reset();
  }
  void OnOctets(ByteView octets) {
    received_.append(octets.begin(), octets.end());
    this_turn_ += octets.size();
    if (destroys_at_octets_) stream_.reset();
  }
  void OnEnd(ByteStream::End end, const std::string& detail) {
    ++ends_;
    end_ = end;
    detail_ = detail;
    stream_.reset();
  }
  FileDescriptor Accept() {
    return FileDescriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  // The server's side; Open() came before it.
  void Serve(const TlsPeer::Order& order) { peer_ = std::make_unique<TlsPeer>(Accept(), order); }
  void Serve(const TlsIdentity& identity) { Serve({.identity = &identity}); }
  template <typename Condition>
  bool TurnUntil(Condition is_met) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (!is_met() && absl::Now() < deadline) {
      this_turn_ = 0;
      uv_run(&loop_, UV_RUN_NOWAIT);
      most_in_a_turn_ = std::max(most_in_a_turn_, this_turn_);
      if (peer_ != nullptr) peer_->Turn();
    }
    return is_met();
  }
  bool Opens() {
    return TurnUntil([this] { return opens_ == 1 && peer_->is_open(); });
  }
  // The end, as "how: words", if the stream was never open.
  std::string Refusal() {
    if (!TurnUntil([this] { return ends_ == 1; })) return "no end";
    if (opens_ != 0) return "it was open";
    return (end_ == ByteStream::End::kUntrusted ? "untrusted: " : "other: ") + detail_;
  }

  uv_loop_t loop_;
  FileDescriptor listener_;
  SocketAddress address_;
  std::unique_ptr<TlsStream> stream_;
  std::unique_ptr<TlsPeer> peer_;
  bool destroys_at_open_ = false;
  bool destroys_at_octets_ = false;
  int opens_ = 0;
  int ends_ = 0;
  std::string received_;
  size_t this_turn_ = 0;
  size_t most_in_a_turn_ = 0;
  ByteStream::End end_ = ByteStream::End::kOwnFault;
  std::string detail_;
};

TEST_F(TlsStreamTest, CarriesOctetsBothWays) {
  Open(Pinned(Made().self_signed));
  stream_->Write(AsBytes("before it is open"));
  EXPECT_EQ(stream_->unsent_bytes(), 17u);
  Serve(Made().self_signed);
  ASSERT_TRUE(Opens());
  stream_->Write(AsBytes(", and after"));
  EXPECT_TRUE(TurnUntil([this] { return peer_->received() == "before it is open, and after"; }));
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
  peer_->Write("hello", 5);
  EXPECT_TRUE(TurnUntil([this] { return received_ == "hello"; }));
  EXPECT_EQ(peer_->sni(), "");
  EXPECT_EQ(ends_, 0);
}

TEST_F(TlsStreamTest, RefusesAnotherKey) {
  Open(Pinned(Made().server));
  Serve(Made().self_signed);
  EXPECT_THAT(Refusal(), HasSubstr("untrusted: its key is sha256/"));
  EXPECT_THAT(detail_, HasSubstr(", which is not a configured pin"));
  EXPECT_TRUE(TurnUntil([this] { return !peer_->error().empty(); }));
  EXPECT_THAT(peer_->error(), HasSubstr("alert")) << "and the server learns it";
}

TEST_F(TlsStreamTest, AcceptsOneOfSeveralPins) {
  TlsSettings settings = Pinned(Made().server);
  settings.pins.push_back(Made().self_signed.pin());
  Open(settings);
  Serve(Made().self_signed);
  EXPECT_TRUE(Opens());
}

TEST_F(TlsStreamTest, AcceptsACertificateOfItsCa) {
  Open(Certified(Made().ca));
  Serve(Made().server);
  EXPECT_TRUE(Opens());
  EXPECT_EQ(peer_->sni(), "primary.example");
}

TEST_F(TlsStreamTest, RefusesACertificateOfAnotherCa) {
  Open(Certified(Made().other_ca));
  Serve(Made().server);
  EXPECT_EQ(Refusal(),
            "untrusted: its certificate is not valid: unable to get local issuer certificate");
}

TEST_F(TlsStreamTest, RefusesACertificateOfAnotherName) {
  Open(Certified(Made().ca, "other.example"));
  Serve(Made().server);
  EXPECT_EQ(Refusal(),
            "untrusted: its certificate is not for other.example; subjectAltName must have this "
            "name");
}

TEST_F(TlsStreamTest, RefusesAnExpiredCertificate) {
  Open(Certified(Made().ca));
  Serve(Made().expired);
  EXPECT_EQ(Refusal(), "untrusted: its certificate is not valid: certificate has expired");
}

TEST_F(TlsStreamTest, AcceptsAnExpiredCertificateOfAPinnedKey) {
  Open(Pinned(Made().expired));
  Serve(Made().expired);
  EXPECT_TRUE(Opens());
}

TEST_F(TlsStreamTest, NeedsPinAndCaIfBothAreGiven) {
  TlsSettings settings = Certified(Made().ca);
  settings.pins = {Made().self_signed.pin()};
  Open(settings);
  Serve(Made().server);
  EXPECT_THAT(Refusal(), HasSubstr("untrusted: its key is sha256/"));
  ends_ = 0;
  settings.pins = {Made().server.pin()};
  settings.host_name = "other.example";
  Open(settings);
  Serve(Made().server);
  EXPECT_THAT(Refusal(), HasSubstr("untrusted: its certificate is not for other.example"));
}

TEST_F(TlsStreamTest, RefusesAServerWithoutAlpn) {
  Open(Pinned(Made().server));
  stream_->Write(AsBytes("secret"));
  Serve({.identity = &Made().server, .protocol = ""});
  EXPECT_EQ(Refusal(),
            "untrusted: it did not select the protocol dot (ALPN); check its port and "
            "configuration");
  for (int turn = 0; turn < 5; ++turn) peer_->Turn();
  EXPECT_EQ(peer_->received(), "");
}

TEST_F(TlsStreamTest, RefusesAnotherProtocol) {
  Open(Pinned(Made().server));
  Serve({.identity = &Made().server, .protocol = "h2", .selects_blindly = true});
  EXPECT_THAT(Refusal(), HasSubstr("untrusted: "));
}

TEST_F(TlsStreamTest, SaysThatTheServerHasNoSuchProtocol) {
  Open(Pinned(Made().server));
  Serve({.identity = &Made().server, .protocol = "h2"});
  EXPECT_EQ(Refusal(), "untrusted: it does not speak dot (ALPN); check its port");
}

TEST_F(TlsStreamTest, RefusesTls12) {
  Open(Pinned(Made().server));
  Serve({.identity = &Made().server, .version_max = TLS1_2_VERSION});
  EXPECT_EQ(Refusal(), "untrusted: it does not speak TLS 1.3");
}

TEST_F(TlsStreamTest, ShowsItsCertificate) {
  TlsSettings settings = Pinned(Made().server);
  settings.client_certificate = WriteFile("client.pem", Made().client.CertificateText());
  settings.client_key = WriteFile("client.key", Made().client.KeyText());
  Open(settings);
  Serve({.identity = &Made().server, .client_ca = &Made().ca});
  ASSERT_TRUE(Opens());
  peer_->Write("hello", 5);
  EXPECT_TRUE(TurnUntil([this] { return received_ == "hello"; }));
}

// RFC 8446 §4.4.2: the server says so after our handshake is complete.
TEST_F(TlsStreamTest, SaysThatACertificateIsRequired) {
  Open(Pinned(Made().server));
  Serve({.identity = &Made().server, .client_ca = &Made().ca});
  ASSERT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(end_, ByteStream::End::kUntrusted);
  EXPECT_EQ(detail_, "it requires a client certificate; configure one");
}

TEST_F(TlsStreamTest, SaysThatItsCertificateIsRefused) {
  TlsSettings settings = Pinned(Made().server);
  settings.client_certificate = WriteFile("client.pem", Made().self_signed.CertificateText());
  settings.client_key = WriteFile("client.key", Made().self_signed.KeyText());
  Open(settings);
  Serve({.identity = &Made().server, .client_ca = &Made().ca});
  ASSERT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(end_, ByteStream::End::kUntrusted);
  EXPECT_THAT(detail_, HasSubstr("it refuses our client certificate ("));
}

TEST_F(TlsStreamTest, RefusesWhatIsNotTls) {
  Open(Pinned(Made().server));
  const FileDescriptor server = Accept();
  ASSERT_GT(::send(server.get(), "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0), 0);
  EXPECT_EQ(Refusal(), "untrusted: what it sends is not TLS; check its port");
}

// A DNS server without TLS reads a ClientHello as a long message, and waits.
TEST_F(TlsStreamTest, GivesUpIfTheHandshakeTakesTooLong) {
  Open(Pinned(Made().server), absl::Milliseconds(50));
  const FileDescriptor server = Accept();
  ASSERT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(end_, ByteStream::End::kTimeout);
  EXPECT_EQ(detail_, "no TLS handshake within 50ms");
}

TEST_F(TlsStreamTest, EndsIfTheServerClosesDuringTheHandshake) {
  Open(Pinned(Made().server));
  {
    const FileDescriptor server = Accept();
    char octet = 0;
    ASSERT_TRUE(TurnUntil([&] { return ::recv(server.get(), &octet, 1, MSG_DONTWAIT) == 1; }));
    // A whole record header, and not all of the record.
    ASSERT_EQ(::send(server.get(), "\x16\x03\x03\x00\x80\x02", 6, 0), 6);
    uv_run(&loop_, UV_RUN_NOWAIT);
  }
  EXPECT_THAT(Refusal(), HasSubstr("other: during the TLS handshake: closed by the other side"));
  EXPECT_EQ(end_, ByteStream::End::kClosed);
}

TEST_F(TlsStreamTest, SaysThatNothingListens) {
  listener_.Reset();
  Open(Pinned(Made().server));
  EXPECT_EQ(ends_, 0) << "told on the loop";
  ASSERT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(end_, ByteStream::End::kRefused);
}

TEST_F(TlsStreamTest, EndsWithCloseNotify) {
  Open(Pinned(Made().server));
  Serve(Made().server);
  ASSERT_TRUE(Opens());
  peer_->Write("last", 4);
  ASSERT_TRUE(TurnUntil([this] { return peer_->has_written_all(); }));
  peer_->SendCloseNotify();
  ASSERT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(received_, "last");
  EXPECT_EQ(end_, ByteStream::End::kClosed);
  EXPECT_EQ(detail_, "closed by the other side");
}

TEST_F(TlsStreamTest, SaysThatCloseNotifyIsMissing) {
  Open(Pinned(Made().server));
  Serve(Made().server);
  ASSERT_TRUE(Opens());
  peer_->Write("last", 4);
  ASSERT_TRUE(TurnUntil([this] { return received_ == "last"; }));
  peer_->CloseSocket();
  ASSERT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(end_, ByteStream::End::kClosed);
  EXPECT_EQ(detail_, "closed by the other side without close_notify");
}

TEST_F(TlsStreamTest, SaysGoodbye) {
  Open(Pinned(Made().server));
  Serve(Made().server);
  ASSERT_TRUE(Opens());
  stream_.reset();
  EXPECT_TRUE(TurnUntil([this] { return peer_->has_close_notify(); }));
  EXPECT_EQ(ends_, 0);
}

TEST_F(TlsStreamTest, TakesALargeTransferInManySmallRecords) {
  std::string sent;
  for (uint32_t i = 0; sent.size() < 5u << 20; ++i) sent += std::to_string(i * 2654435761u);
  Open(Pinned(Made().server));
  Serve(Made().server);
  ASSERT_TRUE(Opens());
  peer_->Write(sent, 100);
  ASSERT_TRUE(TurnUntil([&] { return received_.size() >= sent.size(); }));
  EXPECT_EQ(received_, sent);
  EXPECT_LE(most_in_a_turn_, size_t{256} * 1024);
}

TEST_F(TlsStreamTest, KeepsWhatCannotBeSentYet) {
  const std::string sent(20 << 20, 'x');
  Open(Pinned(Made().server));
  Serve(Made().server);
  ASSERT_TRUE(Opens());
  stream_->Write(AsBytes(sent));
  for (int turn = 0; turn < 10; ++turn) uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_GT(stream_->unsent_bytes(), 0u);
  ASSERT_TRUE(TurnUntil([&] { return peer_->received().size() == sent.size(); }));
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
}

TEST_F(TlsStreamTest, AuthenticatesEachTime) {
  const std::shared_ptr<const TlsContext> context = Context(Pinned(Made().server));
  for (int time = 0; time < 2; ++time) {
    opens_ = 0;
    received_.clear();
    Open(context, absl::Minutes(1));
    Serve(Made().server);
    ASSERT_TRUE(Opens());
    peer_->Write("after the tickets", 5);
    ASSERT_TRUE(TurnUntil([this] { return received_ == "after the tickets"; }));
    EXPECT_FALSE(peer_->was_resumed());
  }
}

TEST_F(TlsStreamTest, RefusesARecordThatWasChangedOnTheWay) {
  Open(Pinned(Made().server));
  const FileDescriptor raw = Accept();
  TlsPeer peer(FileDescriptor(::dup(raw.get())), {.identity = &Made().server});
  ASSERT_TRUE(TurnUntil([&] { return peer.Turn(), opens_ == 1 && peer.is_open(); }));
  const std::string forged = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  ASSERT_EQ(::send(raw.get(), forged.data(), forged.size(), 0), 37);
  ASSERT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(end_, ByteStream::End::kUntrusted);
  EXPECT_EQ(received_, "");
}

TEST_F(TlsStreamTest, MayBeDestroyedByWhatItCalls) {
  destroys_at_open_ = true;
  Open(Pinned(Made().server));
  stream_->Write(AsBytes("hello"));
  Serve(Made().server);
  ASSERT_TRUE(TurnUntil([this] { return opens_ == 1; }));
  EXPECT_EQ(stream_, nullptr);
  destroys_at_open_ = false;
  destroys_at_octets_ = true;
  opens_ = 0;
  Open(Pinned(Made().server));
  Serve(Made().server);
  ASSERT_TRUE(Opens());
  peer_->Write(std::string(200'000, 'x'), 1'000);
  ASSERT_TRUE(TurnUntil([this] { return stream_ == nullptr; }));
  for (int turn = 0; turn < 5; ++turn) uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_EQ(ends_, 0) << "who destroys it needs no word of its end";
}

TEST_F(TlsStreamTest, MayBeDestroyedAtAnyTimeOfTheHandshake) {
  for (int turns = 0; turns < 12; ++turns) {
    Open(Pinned(Made().server));
    Serve(Made().server);
    for (int turn = 0; turn < turns; ++turn) {
      uv_run(&loop_, UV_RUN_NOWAIT);
      peer_->Turn();
    }
    stream_.reset();
  }
  EXPECT_EQ(ends_, 0);
}

TEST_F(TlsStreamTest, IgnoresWhatIsWrittenAfterItsEnd) {
  std::unique_ptr<TlsStream> stream;
  bool has_ended = false;
  stream = TlsStream::Open(loop_, {.to = address_, .context = Context(Pinned(Made().server))},
                           {.on_open = [] {},
                            .on_octets = [](ByteView) {},
                            .on_end =
                                [&](ByteStream::End, const std::string&) {
                                  has_ended = true;
                                  stream->Write(AsBytes("too late"));
                                }});
  ::shutdown(Accept().get(), SHUT_RDWR);
  ASSERT_TRUE(TurnUntil([&] { return has_ended; }));
  EXPECT_EQ(stream->unsent_bytes(), 0u);
}

}  // namespace
}  // namespace hither
