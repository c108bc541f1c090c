#ifndef HITHER_SERVER_TRANSFER_REFRESH_VERSION_READING_H_
#define HITHER_SERVER_TRANSFER_REFRESH_VERSION_READING_H_

#include <cstddef>
#include <deque>

#include "server/transfer/refresh/refresh_desk.h"

namespace hither {

// Takes the versions of new zones from the disk, before any primary is asked: kReadingMax at a
// time.
class VersionReading {
 public:
  static constexpr size_t kReadingMax = 64;

  explicit VersionReading(RefreshDesk& desk) : desk_(desk) {}

  void Add(ZoneNumber number) { waiting_.push_back(number); }
  void ReadSome();  // As many as the limit allows.
  size_t left() const { return waiting_.size() + reading_; }

 private:
  void OnRead(ZoneNumber number, HeldVersion held);
  void Start(RefreshZone& zone, HeldVersion held);

  RefreshDesk& desk_;
  std::deque<ZoneNumber> waiting_;
  size_t reading_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_VERSION_READING_H_
