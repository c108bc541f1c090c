#ifndef HITHER_ANYCAST_SIGNALS_PAGE_SEAL_H_
#define HITHER_ANYCAST_SIGNALS_PAGE_SEAL_H_

#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace hither {

// If the nodes share a key, a peer's page is accepted only with a seal: HMAC-SHA-256 over the page
// and a nonce that the requester made for this request. Nobody can make a seal without the key, and
// none is valid for a second request. No clock is involved, since pages must work even if a clock
// is wrong.
//
// The seal is the last member of the page's JSON object, so that a node without a key reads it like
// any other page.

inline constexpr size_t kNonceCharactersMax = 64;

// 32 unpredictable hexadecimal digits.
std::string NewNonce();
bool IsNonce(absl::string_view text);

// `page`: a JSON object's text, as of EncodePeerPage().
std::string SealPage(absl::string_view page, absl::string_view nonce, absl::string_view key);

enum class Seal : uint8_t { kNone, kWrong, kRight };
// Is the page sealed for `nonce` with one of `keys`? Takes the same time for every wrong seal.
Seal CheckSeal(absl::string_view page, absl::string_view nonce, std::span<const std::string> keys);

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_PAGE_SEAL_H_
