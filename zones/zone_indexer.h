#ifndef HITHER_ZONES_ZONE_INDEXER_H_
#define HITHER_ZONES_ZONE_INDEXER_H_

#include "zones/image_writer.h"
#include "zones/zone.h"

namespace hither {

// The parameters that an NSEC3PARAM record has, as far as a chain with them may be used.
struct UsableNsec3Params {
  bool usable = false;
  Nsec3Params params;  // A view into the record.
};
UsableNsec3Params ReadNsec3Params(ByteView rdata);

// Completes an image whose nodes are in place: everything that a lookup wants to know at once and
// that can be known before the first question. ZoneBuilder's other half.
class ZoneIndexer {
 public:
  explicit ZoneIndexer(ImageWriter& image) : image_(image) {}
  // False if too many names have one hash (kIndexProbesMax): the image is of no use then.
  bool Run();

 private:
  const Zone& zone() { return image_.zone(); }
  bool BuildIndex();
  static bool IsOwner(RrType type, ByteView rdata);
  void ResolveTargets();
  void ChooseDenial();  // NSEC or NSEC3, and its parameters.
  void BuildNsec();
  bool BuildNsec3(const Nsec3Params& params);
  void LinkNsec3();

  ImageWriter& image_;
};

}  // namespace hither

#endif  // HITHER_ZONES_ZONE_INDEXER_H_
