#include "zones/set/zone_source.h"

#include <algorithm>

#include "base/check.h"

namespace hither {
namespace {

// Small configurations take little, large ones waste at most half a record at the end of each
// piece.
constexpr size_t kFirstPieceBytes = 1 << 10;
constexpr size_t kPieceBytesMax = 1 << 20;

size_t PathBytes(absl::string_view folder, absl::string_view file) {
  const bool slash = !folder.empty() && folder.back() != '/';
  const size_t bytes = folder.size() + (slash ? 1 : 0) + file.size();
  HITHER_CHECK(bytes <= kPathBytesMax);
  return bytes;
}

// Writes PathBytes() octets and a 0; returns where they end.
uint8_t* PutPath(absl::string_view folder, absl::string_view file, uint8_t* to) {
  to = std::copy(folder.begin(), folder.end(), to);
  if (!folder.empty() && folder.back() != '/') *to++ = '/';
  to = std::copy(file.begin(), file.end(), to);
  *to++ = 0;
  return to;
}

}  // namespace

uint8_t* ZoneSources::Allocate(size_t bytes) {
  if (store_ == nullptr) store_ = std::make_shared<Store>();
  Store& store = *store_;
  if (bytes > store.free_bytes) {
    const size_t wanted = std::clamp(store.bytes, kFirstPieceBytes, kPieceBytesMax);
    const size_t piece_bytes = std::max(bytes, wanted);
    store.pieces.emplace_back(new uint8_t[piece_bytes]);  // Not zeroed: all of it is written.
    store.next = store.pieces.back().get();
    store.free_bytes = piece_bytes;
    store.bytes += piece_bytes;
  }
  store.free_bytes -= bytes;
  return std::exchange(store.next, store.next + bytes);
}

ZoneSource ZoneSources::Keep(NameView name, absl::string_view folder, absl::string_view file,
                             ZoneSource::Kind kind, absl::string_view image_folder,
                             absl::string_view image) {
  const size_t path_bytes = PathBytes(folder, file);
  const bool has_image = kind == ZoneSource::Kind::kTextOrImage;
  const size_t image_bytes = has_image ? PathBytes(image_folder, image) + 1 : 0;
  uint8_t* record = Allocate(ZoneSource::kHeadBytes + name.size() + path_bytes + 1 + image_bytes);
  record[0] = static_cast<uint8_t>(kind);
  record[1] = static_cast<uint8_t>(name.size());
  const auto bytes = static_cast<uint16_t>(path_bytes);
  std::memcpy(record + 2, &bytes, sizeof bytes);
  uint8_t* to = std::copy_n(name.data(), name.size(), record + ZoneSource::kHeadBytes);
  to = PutPath(folder, file, to);
  if (has_image) PutPath(image_folder, image, to);
  return ZoneSource(record);
}

void ZoneSources::Add(NameView name, absl::string_view file, ZoneSource::Kind kind,
                      absl::string_view folder, absl::string_view image,
                      absl::string_view image_folder) {
  sources_.push_back(Keep(name, folder, file, kind, image_folder, image));
}

void ZoneSources::Replace(size_t at, absl::string_view file, ZoneSource::Kind kind) {
  sources_[at] = Keep(sources_[at].name(), "", file, kind, "", "");
}

size_t ZoneSources::MemoryBytes() const {
  return sources_.capacity() * sizeof(ZoneSource) + (store_ == nullptr ? 0 : store_->bytes);
}

}  // namespace hither
