#ifndef HITHER_TESTS_ZONES_CHANGE_MEMORY_LOG_DISK_H_
#define HITHER_TESTS_ZONES_CHANGE_MEMORY_LOG_DISK_H_

#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "zones/change/log_disk.h"

namespace hither {

// A disk that fails as real ones do. Octets are durable after Sync(). A crash keeps the durable
// ones and any of the other sectors of 512 octets, in no order; one may be torn.
class MemoryLogDisk : public LogDisk {
 public:
  explicit MemoryLogDisk(uint32_t seed) : random_(seed) {}

  absl::StatusOr<std::vector<LogSegment>> List() override;
  absl::Status Create(uint32_t number) override;
  absl::Status Append(uint32_t number, std::span<const ByteView> parts) override;
  absl::Status Sync(uint32_t number) override;
  absl::Status Read(uint32_t number, uint64_t offset, std::span<uint8_t> to) override;
  absl::Status Delete(uint32_t number) override;
  uint64_t RandomKey() override { return random_(); }

  // In so many more calls that change something, the power fails: that call happens in part, and
  // later ones fail until Restart().
  void CrashAfter(int calls) { calls_left_ = calls; }
  bool has_crashed() const { return has_crashed_; }
  // What a machine finds that starts again.
  void Restart();

  // Appends beyond so many octets in all are short, as on a full disk.
  void SetRoom(std::optional<uint64_t> bytes) { room_ = bytes; }
  // The next so many appends or syncs fail. As on Linux, what a failed sync was to write is lost at
  // the next crash, even if later syncs succeed.
  void FailAppends(int count) { failing_appends_ = count; }
  void FailSyncs(int count) { failing_syncs_ = count; }

  // For damage: the octets of a segment, on the disk as well.
  Bytes& Octets(uint32_t number) { return files_[number].cached; }
  void MakeDurable(uint32_t number) { files_[number].durable = files_[number].cached; }
  void Put(uint32_t number, const Bytes& octets) { files_[number] = {octets, octets, {}, true}; }
  uint64_t bytes() const;
  int syncs() const { return syncs_; }

 private:
  static constexpr size_t kSectorBytes = 512;
  struct File {
    Bytes cached = {};   // What reads see.
    Bytes durable = {};  // Sectors lost by a failed sync are zeros here.
    std::set<size_t> lost = {};
    bool has_durable_name = false;
  };

  bool Fails(bool& in_part);
  void CrashFile(File& file);

  std::mt19937_64 random_;
  std::map<uint32_t, File> files_;
  std::optional<int> calls_left_;
  bool has_crashed_ = false;
  std::optional<uint64_t> room_;
  int failing_appends_ = 0;
  int failing_syncs_ = 0;
  int syncs_ = 0;
};

}  // namespace hither

#endif  // HITHER_TESTS_ZONES_CHANGE_MEMORY_LOG_DISK_H_
