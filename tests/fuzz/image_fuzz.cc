// A zone image of a stranger, who has also set its checksum. What CheckImage() lets through is
// asked everything; a sanitizer sees whether a lookup then leaves the image.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "base/check.h"
#include "server/answer/counters.h"
#include "server/answer/responder.h"
#include "zones/image/image_check.h"
#include "zones/image/image_format.h"
#include "zones/image/zone.h"
#include "zones/set/zone_set.h"

namespace hither {
namespace {

constexpr size_t kNamesAskedMax = 64;

// In memory that ends where the image ends.
std::shared_ptr<const Zone> ImageFrom(const uint8_t* data, size_t size) {
  size = std::max(size / kImageUnitBytes * kImageUnitBytes, sizeof(ImageHead));
  auto* const octets = static_cast<uint8_t*>(std::calloc(1, size));
  std::memcpy(octets, data, size);
  ImageHead head{};
  std::memcpy(head.magic, kImageMagic, sizeof(head.magic));
  head.version = kImageVersion;
  head.byte_order = kImageByteOrder;
  head.image_bytes = size;
  std::memcpy(octets, &head, sizeof(head));
  const std::shared_ptr<const Zone> zone(reinterpret_cast<const Zone*>(octets),
                                         [](const Zone* of) { std::free(const_cast<Zone*>(of)); });
  return CheckImage({octets, size}).empty() ? zone : nullptr;
}

Bytes QueryFor(NameView name, RrType type) {
  Bytes query = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  query.insert(query.end(), name.data(), name.data() + name.size());
  ByteWriter writer(query);
  writer.U16(static_cast<uint16_t>(type));
  writer.U16(1);
  const uint8_t opt[] = {0, 0, 41, 16, 0, 0, 0, 0x80, 0, 0, 0};  // 4,096 octets, DO.
  writer.Append(opt);
  return query;
}

void AskAll(const std::shared_ptr<const Zone>& zone) {
  ZoneSet zones;
  ServedZone served = zones.Make(zone->apex());
  served.zone = zone;
  zones.Add(std::move(served));
  Counters counters;
  Responder responder(ResponderOptions{}, counters);
  const std::unique_ptr<uint8_t[]> reply(new uint8_t[UINT16_MAX]);
  const auto ask = [&](NameView name) {
    for (const RrType type : {RrType::kA, RrType::kNs, RrType::kSoa, RrType::kDs, RrType::kAny,
                              RrType::kMx, RrType::kRrsig}) {
      for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
        const Bytes query = QueryFor(name, type);
        const size_t bytes =
            responder.Answer({query, {reply.get(), UINT16_MAX}}, {transport}, zones).message_bytes;
        HITHER_CHECK(bytes >= kHeaderBytes);
      }
    }
  };
  size_t asked = 0;
  for (const NodeId id : zone->all_nodes()) {
    if (++asked > kNamesAskedMax) break;
    if (!zone->NameOf(id).IsAtOrBelow(zone->apex())) continue;
    ask(zone->NameOf(id));
    for (const char* label : {"*", "a", "zz"}) {
      Name below(zone->NameOf(id));
      if (below.Prepend(AsBytes(label))) ask(below);
    }
  }
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < sizeof(hither::ImageHead)) return 0;
  const auto zone = hither::ImageFrom(data, size);
  if (zone != nullptr) hither::AskAll(zone);
  return 0;
}
