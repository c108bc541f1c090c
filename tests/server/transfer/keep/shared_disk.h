#ifndef HITHER_TESTS_SERVER_TRANSFER_KEEP_SHARED_DISK_H_
#define HITHER_TESTS_SERVER_TRANSFER_KEEP_SHARED_DISK_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "tests/zones/change/memory_log_disk.h"

namespace hither {

// A disk that outlives its keeper, and that the test may break while the keeper writes.
struct SharedDisk {
  std::mutex mu = {};
  MemoryLogDisk disk = MemoryLogDisk(1);
  std::atomic<bool> hangs = false;  // A sync does not return.
  std::atomic<bool> is_hanging = false;

  template <typename Use>
  auto With(const Use& use) {
    const std::lock_guard lock(mu);
    return use(disk);
  }
};

class LentDisk : public LogDisk {
 public:
  explicit LentDisk(SharedDisk& shared) : shared_(shared) {}
  absl::StatusOr<std::vector<LogSegment>> List() override {
    return shared_.With([](LogDisk& disk) { return disk.List(); });
  }
  absl::Status Create(uint32_t number) override {
    return shared_.With([&](LogDisk& disk) { return disk.Create(number); });
  }
  absl::Status Append(uint32_t number, std::span<const ByteView> parts) override {
    return shared_.With([&](LogDisk& disk) { return disk.Append(number, parts); });
  }
  absl::Status Sync(uint32_t number) override {
    while (shared_.hangs) {
      shared_.is_hanging = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return shared_.With([&](LogDisk& disk) { return disk.Sync(number); });
  }
  absl::Status Read(uint32_t number, uint64_t offset, std::span<uint8_t> to) override {
    return shared_.With([&](LogDisk& disk) { return disk.Read(number, offset, to); });
  }
  absl::Status Delete(uint32_t number) override {
    return shared_.With([&](LogDisk& disk) { return disk.Delete(number); });
  }
  uint64_t RandomKey() override {
    return shared_.With([](LogDisk& disk) { return disk.RandomKey(); });
  }

 private:
  SharedDisk& shared_;
};

}  // namespace hither

#endif  // HITHER_TESTS_SERVER_TRANSFER_KEEP_SHARED_DISK_H_
