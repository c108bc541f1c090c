#ifndef HITHER_ZONES_IMAGE_ZONE_INDEXER_H_
#define HITHER_ZONES_IMAGE_ZONE_INDEXER_H_

#include "zones/image/image_writer.h"
#include "zones/image/zone.h"

namespace hither {

// The parameters of an NSEC3PARAM record, if a chain with them may be used.
struct UsableNsec3Params {
  bool usable = false;
  Nsec3Params params;  // A view into the record.
};
UsableNsec3Params ReadNsec3Params(ByteView rdata, uint16_t iterations_max);

// A load hashes each name, and the wildcard below it. A short file with $GENERATE has a million
// names: a zone that needs more blocks of SHA-1 than this, some minutes of work, is refused.
inline constexpr uint64_t kNsec3LoadBlocksMax = uint64_t{1} << 31;
inline uint64_t Nsec3LoadBlocks(uint64_t names, const Nsec3Params& params) {
  return 2 * names * params.Blocks();
}

// Completes an image whose nodes are in place: everything that a lookup needs and that can be
// computed before the first query. ZoneBuilder's other half.
class ZoneIndexer {
 public:
  ZoneIndexer(ImageWriter& image, uint16_t nsec3_iterations_max)
      : image_(image), nsec3_iterations_max_(nsec3_iterations_max) {}
  enum class Outcome : uint8_t {
    kGood,
    kCollisions,  // Too many names have one hash (kIndexProbesMax).
    kHashing,     // Over kNsec3LoadBlocksMax.
  };
  // The image is usable only if that is good.
  Outcome Run();

 private:
  const Zone& zone() { return image_.zone(); }
  bool BuildIndex();
  static bool IsOwner(RrType type, ByteView rdata);
  void ResolveTargets();
  bool ChooseDenial();  // NSEC or NSEC3, and its parameters. False: kHashing.
  void BuildNsec();
  bool BuildNsec3(const Nsec3Params& params);
  void LinkNsec3();

  ImageWriter& image_;
  const uint16_t nsec3_iterations_max_;
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_ZONE_INDEXER_H_
