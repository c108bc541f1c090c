#include "zones/check/signature_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

namespace hither {
namespace {

constexpr uint8_t kRsaSha1 = 5;
constexpr uint8_t kRsaSha1Nsec3 = 7;
constexpr uint8_t kRsaSha256 = 8;
constexpr uint8_t kRsaSha512 = 10;
constexpr uint8_t kEcdsaP256 = 13;
constexpr uint8_t kEcdsaP384 = 14;
constexpr uint8_t kEd25519 = 15;
constexpr uint8_t kEd448 = 16;

template <typename T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* object) const { kFree(object); }
};
template <typename T, void (*kFree)(T*)>
using Owned = std::unique_ptr<T, Freed<T, kFree>>;
using Number = Owned<BIGNUM, BN_free>;
using ParamBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

Number NumberOf(ByteView octets) {
  return Number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
}

EVP_PKEY* KeyFromParams(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return key;
}

// RFC 3110 §2: the exponent's length in one octet, or after a 0 in two; exponent; modulus.
EVP_PKEY* RsaKey(ByteView octets) {
  ByteReader reader(octets);
  size_t exponent_bytes = reader.U8();
  if (exponent_bytes == 0) exponent_bytes = reader.U16();
  const ByteView exponent = reader.Take(exponent_bytes);
  if (!reader.ok() || exponent.empty() || reader.rest().empty()) return nullptr;
  const Number e = NumberOf(exponent);
  const Number n = NumberOf(reader.rest());
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (e == nullptr || n == nullptr || builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return KeyFromParams("RSA", builder.get());
}

// RFC 6605 §4: the point's two coordinates. OpenSSL has a 4 before them.
EVP_PKEY* EcdsaKey(const char* group, size_t coordinate_bytes, ByteView octets) {
  if (octets.size() != 2 * coordinate_bytes) return nullptr;
  Bytes point = {POINT_CONVERSION_UNCOMPRESSED};
  point.insert(point.end(), octets.begin(), octets.end());
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return KeyFromParams("EC", builder.get());
}

EVP_PKEY* KeyOf(uint8_t algorithm, ByteView octets) {
  switch (algorithm) {
    case kRsaSha1:
    case kRsaSha1Nsec3:
    case kRsaSha256:
    case kRsaSha512:
      return RsaKey(octets);
    case kEcdsaP256:
      return EcdsaKey("prime256v1", 32, octets);
    case kEcdsaP384:
      return EcdsaKey("secp384r1", 48, octets);
    case kEd25519:
      return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets.data(), octets.size());
    case kEd448:
      return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, nullptr, octets.data(), octets.size());
    default:
      return nullptr;
  }
}

const EVP_MD* DigestOf(uint8_t algorithm) {
  switch (algorithm) {
    case kRsaSha1:
    case kRsaSha1Nsec3:
      return EVP_sha1();
    case kRsaSha256:
    case kEcdsaP256:
      return EVP_sha256();
    case kEcdsaP384:
      return EVP_sha384();
    case kRsaSha512:
      return EVP_sha512();
    default:
      return nullptr;  // RFC 8080 §4: EdDSA needs none.
  }
}

// RFC 6605 §4: r and s, one after the other. OpenSSL wants them as DER; empty if they are not that.
Bytes DerOf(ByteView signature, size_t number_bytes) {
  if (signature.size() != 2 * number_bytes) return {};
  Number r = NumberOf(signature.first(number_bytes));
  Number s = NumberOf(signature.subspan(number_bytes));
  const Owned<ECDSA_SIG, ECDSA_SIG_free> pair(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || pair == nullptr) return {};
  if (ECDSA_SIG_set0(pair.get(), r.release(), s.release()) != 1) return {};
  const int bytes = i2d_ECDSA_SIG(pair.get(), nullptr);
  if (bytes <= 0) return {};
  Bytes der(static_cast<size_t>(bytes));
  uint8_t* to = der.data();
  i2d_ECDSA_SIG(pair.get(), &to);
  return der;
}

}  // namespace

bool IsVerifiedAlgorithm(uint8_t algorithm) {
  switch (algorithm) {
    case kRsaSha1:
    case kRsaSha1Nsec3:
    case kRsaSha256:
    case kRsaSha512:
    case kEcdsaP256:
    case kEcdsaP384:
    case kEd25519:
    case kEd448:
      return true;
    default:
      return false;
  }
}

uint16_t KeyTagOf(ByteView dnskey_rdata) {
  uint32_t sum = 0;  // 65,535 octets are below 2^24.
  for (size_t i = 0; i < dnskey_rdata.size(); ++i) {
    sum += i % 2 == 0 ? uint32_t{dnskey_rdata[i]} << 8 : dnskey_rdata[i];
  }
  return static_cast<uint16_t>(sum + (sum >> 16));
}

SignatureKey::SignatureKey(ByteView dnskey_rdata)
    : tag_(KeyTagOf(dnskey_rdata)), key_(nullptr, EVP_PKEY_free) {
  constexpr uint16_t kZoneKeyFlag = 0x0100;
  ByteReader reader(dnskey_rdata);
  const uint16_t flags = reader.U16();
  const uint8_t protocol = reader.U8();
  algorithm_ = reader.U8();
  is_zone_key_ = (flags & kZoneKeyFlag) != 0 && protocol == 3;
  key_.reset(KeyOf(algorithm_, reader.rest()));
}

bool SignatureKey::Verifies(ByteView data, ByteView signature) const {
  if (key_ == nullptr) return false;
  Bytes der;
  if (algorithm_ == kEcdsaP256 || algorithm_ == kEcdsaP384) {
    der = DerOf(signature, algorithm_ == kEcdsaP256 ? 32 : 48);
    if (der.empty()) return false;
    signature = der;
  }
  const DigestContext context(EVP_MD_CTX_new());
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, DigestOf(algorithm_), nullptr, key_.get()) ==
             1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(),
                          data.size()) == 1;
}

}  // namespace hither
