#ifndef HITHER_ANYCAST_SIGNALS_PAGE_SEAL_H_
#define HITHER_ANYCAST_SIGNALS_PAGE_SEAL_H_

#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace hither {

// A peer's page is believed only with a seal, where the nodes share a key: HMAC-SHA-256 over the
// page and over a nonce that the asker has made for this request. Nobody can make one without the
// key, and none is good for a second request; no clock is asked, since a wrong one is among what
// pages are there to survive.
//
// The seal is the last member of the page's JSON object, so that a node without a key reads it as
// any other page.

inline constexpr size_t kNonceCharactersMax = 64;

// 32 hexadecimal digits that nobody can guess.
std::string NewNonce();
bool IsNonce(absl::string_view text);

// `page`: a JSON object's text, as of EncodePeerPage().
std::string SealPage(absl::string_view page, absl::string_view nonce, absl::string_view key);

enum class Seal : uint8_t { kNone, kWrong, kRight };
// Is the page sealed for `nonce` with one of `keys`? Takes as long for one wrong seal as for
// another.
Seal CheckSeal(absl::string_view page, absl::string_view nonce, std::span<const std::string> keys);

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_PAGE_SEAL_H_
