#ifndef HITHER_ZONES_IMAGE_IMAGE_FORMAT_H_
#define HITHER_ZONES_IMAGE_IMAGE_FORMAT_H_

#include <cstdint>

namespace hither {

// What every image begins with. The version counts each change of the layout of zone.h, and of
// what is derived from the records at a build: an image of another version is rebuilt.
inline constexpr uint8_t kImageMagic[8] = {'H', 'i', 't', 'h', 'e', 'r', 'Z', '\n'};
inline constexpr uint32_t kImageVersion = 2;
inline constexpr uint32_t kImageByteOrder = 0x01020304;

// How an image begins, for who has octets and no Zone yet: the first fields of class Zone.
struct ImageHead {
  uint8_t magic[8];
  uint32_t version;
  uint32_t byte_order;
  uint64_t image_bytes;
  uint64_t checksum;  // XXH3 of all octets of the image behind this one.
};
static_assert(sizeof(ImageHead) == 32);

// How an image file ends: behind the image the note, then this.
struct ImageTail {
  uint64_t note_bytes;
  uint64_t note_checksum;
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_IMAGE_FORMAT_H_
