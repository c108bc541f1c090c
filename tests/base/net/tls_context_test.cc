#include "base/net/tls_context.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "tests/base/net/tls_peer.h"

namespace hither {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/tls_context_" + name;
  std::ofstream(path, std::ios::trunc) << text;
  chmod(path.c_str(), 0640);
  return path;
}

class TlsContextTest : public testing::Test {
 protected:
  static std::string ErrorOf(const TlsSettings& settings) {
    const auto made = TlsContext::Make(settings);
    return made.ok() ? "" : std::string(made.status().message());
  }
  TlsSettings WithCa(const std::string& text) const {
    return {.ca_file = WriteFile("ca.pem", text), .host_name = "h.example", .protocol = "dot"};
  }
  TlsSettings WithClient(const std::string& certificate, const std::string& key) const {
    return {.pins = {one_.pin()},
            .client_certificate = WriteFile("client.pem", certificate),
            .client_key = WriteFile("client.key", key),
            .protocol = "dot"};
  }

  const TlsIdentity one_ = MakeTlsIdentity({.name = "one.example"});
  const TlsIdentity two_ = MakeTlsIdentity({.name = "two.example"});
};

TEST_F(TlsContextTest, ReadsAllFiles) {
  TlsSettings settings =
      WithClient(one_.CertificateText() + two_.CertificateText(), "a comment\n" + one_.KeyText());
  settings.ca_file = WriteFile("ca.pem", "# CAs\n" + one_.CertificateText() + "\n" +
                                             two_.CertificateText() + one_.CertificateText());
  settings.host_name = "one.example";
  const auto made = TlsContext::Make(settings);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ((*made)->settings(), settings);
  std::string refusal;
  EXPECT_NE((*made)->NewSession(refusal), nullptr);
}

TEST_F(TlsContextTest, NeedsToKnowTheServer) {
  EXPECT_THAT(ErrorOf({.protocol = "dot"}), HasSubstr("give a pin, or a CA file and a host name"));
  EXPECT_THAT(ErrorOf({.pins = {one_.pin()}, .host_name = "h", .protocol = "dot"}),
              HasSubstr("give both"));
  TlsSettings half = WithCa(one_.CertificateText());
  half.host_name = "";
  EXPECT_THAT(ErrorOf(half), HasSubstr("give both"));
  EXPECT_THAT(ErrorOf({.pins = {one_.pin()}}), HasSubstr("ALPN"));
}

TEST_F(TlsContextTest, NamesTheFileThatItCannotUse) {
  TlsSettings missing = WithCa("");
  missing.ca_file = "/no/such/file";
  EXPECT_EQ(ErrorOf(missing),
            "/no/such/file: No such file or directory; check path and permissions");
  missing.ca_file = testing::TempDir();
  EXPECT_THAT(ErrorOf(missing), EndsWith(": it is not a regular file; name one"));
  EXPECT_THAT(ErrorOf(WithCa("")), EndsWith("ca.pem: no certificate in PEM form; write one to it"));
  EXPECT_THAT(ErrorOf(WithCa(one_.KeyText())), HasSubstr("ca.pem: no certificate in PEM form"));
  std::string damaged = one_.CertificateText();
  damaged[100] = '!';
  EXPECT_THAT(ErrorOf(WithCa(one_.CertificateText() + damaged)),
              EndsWith("ca.pem: certificate 2 of this file is damaged; write it again"));
  EXPECT_THAT(ErrorOf(WithCa(std::string((4u << 20) + 1, '\n'))), HasSubstr("shorten it"));
}

TEST_F(TlsContextTest, ChecksTheClientsKey) {
  EXPECT_THAT(ErrorOf(WithClient(one_.CertificateText(), two_.KeyText())),
              HasSubstr("client.key: this is not the key of "));
  EXPECT_THAT(ErrorOf(WithClient(one_.CertificateText(), one_.CertificateText())),
              EndsWith("client.key: no private key in PEM form; write one to it"));
  TlsSettings half = WithClient(one_.CertificateText(), one_.KeyText());
  half.client_key = "";
  EXPECT_THAT(ErrorOf(half), HasSubstr("give both"));
}

// As for the secrets of TSIG keys.
TEST_F(TlsContextTest, TakesNoKeyThatEveryUserMayRead) {
  TlsSettings settings = WithClient(one_.CertificateText(), one_.KeyText());
  chmod(settings.client_key.c_str(), 0644);
  EXPECT_THAT(ErrorOf(settings),
              EndsWith("client.key: every user has access to this key; run chmod o= on it"));
  chmod(settings.client_key.c_str(), 0640);
  chmod(settings.client_certificate.c_str(), 0644);
  EXPECT_EQ(ErrorOf(settings), "");
}

// OpenSSL would ask for it at the terminal, and wait.
TEST_F(TlsContextTest, TakesNoKeyWithAPassphrase) {
  BIO* bio = BIO_new(BIO_s_mem());
  char passphrase[] = "secret";
  ASSERT_EQ(PEM_write_bio_PrivateKey(bio, one_.key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr,
                                     passphrase),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  const std::string key(text, static_cast<size_t>(size));
  BIO_free(bio);
  EXPECT_THAT(ErrorOf(WithClient(one_.CertificateText(), key)),
              HasSubstr("client.key: this key has a passphrase; write it without one"));
}

}  // namespace
}  // namespace hither
