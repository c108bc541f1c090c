// Beacons, which anybody can send to the sidecar, and what a peer's page says of them.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "anycast/signals/outside_beacon.h"
#include "anycast/signals/outside_judge.h"
#include "anycast/signals/outside_page.h"
#include "base/check.h"
#include "base/json_reader.h"
#include "base/json_writer.h"

namespace hither {
namespace {

void ReadBeacon(std::span<const uint8_t> octets) {
  const auto beacon = DecodeBeacon(octets);
  if (!beacon.has_value()) return;
  HITHER_CHECK(octets.size() <= kBeaconBytesMax && !beacon->name.empty());
  // Each octet has one meaning: what was read is written the same again.
  const std::vector<uint8_t> again = EncodeBeacon(*beacon);
  HITHER_CHECK(std::equal(again.begin(), again.end(), octets.begin(), octets.end()));
}

bool IsOutside(absl::string_view text, OutsidePage& page) {
  const auto document = JsonDocument::Parse(text);
  if (!document.ok()) return false;
  absl::Status failure;
  ReadOutside(JsonReader(document->root(), "outside", failure), page);
  return failure.ok();
}

void ReadPage(absl::string_view text) {
  OutsidePage page;
  if (!IsOutside(text, page)) return;
  OutsidePage again;
  HITHER_CHECK(IsOutside(JsonValue(OutsideToJson(page)).Compact(), again) && again == page);
  const OutsideWitness witness =
      ReadWitness(page, "ns1.ams1", "ns1.fra1", "192.0.2.53", absl::Seconds(1), true);
  OutsideCase at;
  at.witnesses = {witness};
  at.is_settled = true;
  const Signal signal = JudgeOutside(at, "192.0.2.53");
  HITHER_CHECK(signal.level != Level::kHard && !signal.is_certain);  // By the word of one peer.
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hither::ReadBeacon({data, size});
  hither::ReadPage({reinterpret_cast<const char*>(data), size});
  return 0;
}
