#include "base/net/pem_file.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file_descriptor.h"

namespace hither {
namespace {

constexpr size_t kFileBytesMax = size_t{4} << 20;  // The CAs of a system are about 200 KB.
constexpr size_t kCertificatesMax = 4'096;

struct BioFreer {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

// The text of a file, wiped when it is freed: it may be a key.
struct FileText {
  FileText() = default;
  FileText(const FileText&) = delete;
  FileText& operator=(const FileText&) = delete;
  ~FileText() { OPENSSL_cleanse(text.data(), text.size()); }
  std::string text = {};
};

absl::Status Error(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
}

enum class Content : uint8_t { kPublic, kSecret };

absl::Status ReadFile(const std::string& path, Content content, FileText& out) {
  // O_NONBLOCK: a pipe would wait for its writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat facts = {};
  if (!file || ::fstat(file.get(), &facts) != 0) {
    return Error(path, absl::StrCat(std::strerror(errno), "; check path and permissions"));
  }
  if (!S_ISREG(facts.st_mode)) return Error(path, "it is not a regular file; name one");
  if (content == Content::kSecret && (facts.st_mode & S_IRWXO) != 0) {
    return Error(path, "every user has access to this key; run chmod o= on it");
  }
  const auto size = static_cast<size_t>(facts.st_size);
  if (size > kFileBytesMax) {
    return Error(path, absl::StrCat("it has over ", kFileBytesMax, " octets; shorten it"));
  }
  out.text.resize(size);  // Once: a string that grows leaves copies of a key behind.
  size_t got = 0;
  while (got < size) {
    const ssize_t part = ::read(file.get(), out.text.data() + got, size - got);
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) return Error(path, absl::StrCat(std::strerror(errno), "; check the disk"));
    if (part == 0) break;
    got += static_cast<size_t>(part);
  }
  out.text.resize(got);
  return absl::OkStatus();
}

std::unique_ptr<BIO, BioFreer> Reader(const FileText& file) {
  return std::unique_ptr<BIO, BioFreer>(
      BIO_new_mem_buf(file.text.data(), static_cast<int>(file.text.size())));
}

// OpenSSL would ask at the terminal.
int NoPassphrase(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

}  // namespace

void X509Freer::operator()(x509_st* certificate) const { X509_free(certificate); }
void KeyFreer::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

absl::StatusOr<std::vector<CertificatePointer>> ReadCertificates(const std::string& path) {
  FileText file;
  if (absl::Status read = ReadFile(path, Content::kPublic, file); !read.ok()) return read;
  const auto reader = Reader(file);
  std::vector<CertificatePointer> certificates;
  ERR_clear_error();
  while (reader != nullptr && certificates.size() <= kCertificatesMax) {
    CertificatePointer next(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  const bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (certificates.size() > kCertificatesMax) {
    return Error(path, absl::StrCat("it has over ", kCertificatesMax, " certificates; shorten it"));
  }
  if (!is_at_end) {
    return Error(path, absl::StrCat("certificate ", certificates.size() + 1,
                                    " of this file is damaged; write it again"));
  }
  if (certificates.empty()) return Error(path, "no certificate in PEM form; write one to it");
  return certificates;
}

absl::StatusOr<KeyPointer> ReadPrivateKey(const std::string& path) {
  FileText file;
  if (absl::Status read = ReadFile(path, Content::kSecret, file); !read.ok()) return read;
  const auto reader = Reader(file);
  bool has_passphrase = false;
  ERR_clear_error();
  KeyPointer key(reader == nullptr ? nullptr
                                   : PEM_read_bio_PrivateKey(reader.get(), nullptr, NoPassphrase,
                                                             &has_passphrase));
  ERR_clear_error();
  if (has_passphrase) {
    return Error(path, "this key has a passphrase; write it without one, and protect the file");
  }
  if (key == nullptr) return Error(path, "no private key in PEM form; write one to it");
  return key;
}

}  // namespace hither
