#ifndef HITHER_BASE_NET_PEM_FILE_H_
#define HITHER_BASE_NET_PEM_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

struct evp_pkey_st;
struct x509_st;

namespace hither {

struct X509Freer {
  void operator()(x509_st* certificate) const;
};
struct KeyFreer {
  void operator()(evp_pkey_st* key) const;
};
using CertificatePointer = std::unique_ptr<x509_st, X509Freer>;
using KeyPointer = std::unique_ptr<evp_pkey_st, KeyFreer>;

// Files in PEM form of at most 4 MiB. Errors begin with `path` and say what to do.
//
// All certificates of a file in its order; at least one.
absl::StatusOr<std::vector<CertificatePointer>> ReadCertificates(const std::string& path);
// The first private key. One with a passphrase is an error: nobody could type it.
// An error, too, if every user has access to the file.
absl::StatusOr<KeyPointer> ReadPrivateKey(const std::string& path);

}  // namespace hither

#endif  // HITHER_BASE_NET_PEM_FILE_H_
