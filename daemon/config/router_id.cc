#include "daemon/config/router_id.h"

#include "absl/strings/str_cat.h"

namespace hither {

uint32_t RouterIdOf(absl::string_view node) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, which is specified: a library's hash may change.
  for (const char c : node) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;  // Short names differ in the low bits only; spread them.
  hash ^= hash >> 33;
  constexpr uint32_t kFirstOctets = 222;  // 1 to 223 without 127.
  uint32_t first = 1 + static_cast<uint32_t>(hash % kFirstOctets);
  if (first >= 127) ++first;
  return first << 24 | static_cast<uint32_t>(hash >> 40);
}

std::string RouterIdText(uint32_t id) {
  return absl::StrCat(id >> 24, ".", id >> 16 & 0xff, ".", id >> 8 & 0xff, ".", id & 0xff);
}

}  // namespace hither
