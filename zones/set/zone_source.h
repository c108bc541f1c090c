#ifndef HITHER_ZONES_SET_ZONE_SOURCE_H_
#define HITHER_ZONES_SET_ZONE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "dns/name.h"

namespace hither {

// Linux's PATH_MAX (limits.h) is 4,096 with the final 0; longer paths cannot be opened.
inline constexpr size_t kPathBytesMax = 4'095;

// Which zone comes from which file. Eight octets: ZoneSources keeps name and path once for the
// whole server, because there may be a million.
class ZoneSource {
 public:
  enum class Kind : uint8_t {
    kText,         // A master file (RFC 1035 §5).
    kImage,        // What `hither compile` made of one.
    kTextOrImage,  // Both: the image while it matches the text.
  };

  ZoneSource() = default;  // Of no zone: assign before use.

  Kind kind() const { return static_cast<Kind>(record_[0]); }
  NameView name() const { return NameView(ByteView(record_ + kHeadBytes, record_[1])); }
  // Absolute, or relative to the process's folder. A 0 octet follows it.
  absl::string_view file() const {
    uint16_t bytes;
    std::memcpy(&bytes, record_ + 2, sizeof bytes);
    return {reinterpret_cast<const char*>(record_ + kHeadBytes + record_[1]), bytes};
  }
  // With kTextOrImage: the image's path; file() is the text's. It follows the 0 octet of that path.
  absl::string_view image() const {
    if (kind() != Kind::kTextOrImage) return {};
    return absl::string_view(file().data() + file().size() + 1);
  }

 private:
  friend class ZoneSources;
  static constexpr size_t kHeadBytes = 4;  // Kind, octets of the name, octets of the path (two).
  explicit ZoneSource(const uint8_t* record) : record_(record) {}

  const uint8_t* record_ = nullptr;
};

// Many of them, in their order. A copy shares names and paths, and so does a holder of store().
//
// Threads: any number may read. One at a time may add, to an object or any of its copies.
class ZoneSources {
 public:
  ZoneSources() = default;

  // `folder` is put before `file`, with a '/' between; empty: nothing. The path must have at most
  // kPathBytesMax octets and no 0 octet. The same for `image`, which only kTextOrImage has.
  void Add(NameView name, absl::string_view file, ZoneSource::Kind kind = ZoneSource::Kind::kText,
           absl::string_view folder = "", absl::string_view image = "",
           absl::string_view image_folder = "");
  // Another file for the zone at `at`.
  void Replace(size_t at, absl::string_view file, ZoneSource::Kind kind = ZoneSource::Kind::kText);

  void Reserve(size_t count) { sources_.reserve(count); }
  size_t size() const { return sources_.size(); }
  bool empty() const { return sources_.empty(); }
  ZoneSource operator[](size_t at) const { return sources_[at]; }
  ZoneSource back() const { return sources_.back(); }
  std::vector<ZoneSource>::const_iterator begin() const { return sources_.begin(); }
  std::vector<ZoneSource>::const_iterator end() const { return sources_.end(); }

  // A ZoneSource may be used as long as this is held.
  std::shared_ptr<const void> store() const { return store_; }
  size_t MemoryBytes() const;

 private:
  struct Store {
    std::vector<std::unique_ptr<uint8_t[]>> pieces;  // Never moved, never freed before the rest.
    size_t free_bytes = 0;                           // At the end of the last piece.
    uint8_t* next = nullptr;
    size_t bytes = 0;  // Of all pieces.
  };

  uint8_t* Allocate(size_t bytes);
  ZoneSource Keep(NameView name, absl::string_view folder, absl::string_view file,
                  ZoneSource::Kind kind, absl::string_view image_folder, absl::string_view image);

  std::shared_ptr<Store> store_;
  std::vector<ZoneSource> sources_;
};

}  // namespace hither

#endif  // HITHER_ZONES_SET_ZONE_SOURCE_H_
