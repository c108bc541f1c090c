#ifndef HITHER_ZONES_LOAD_RECORD_PIPE_H_
#define HITHER_ZONES_LOAD_RECORD_PIPE_H_

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "dns/record.h"

namespace hither {

// Puts a second core to work on a large zone: the reader of records adds them here, and a thread
// gives them to the real sink, in their order.
//
//   RecordPipe pipe(builder);
//   ZoneFileResult read = ReadZoneFile(path, apex, pipe);
//   pipe.Finish();  // From here on the builder has them all, and is the caller's again.
//
// Threads: one thread adds and finishes. In between the sink is used by the pipe's own thread,
// which starts with the first full block; what fits in one block starts none and reaches the sink
// within Finish(). If no thread can be had, the sink is used within Add(): slower, no error.
//
// Memory: at most kBlocks blocks, whatever the zone; Add() waits while all of them are full.
//
// What the sink throws (std::bad_alloc) comes out of a later Add() or of Finish(). The destructor
// of a pipe that was not finished drops what the sink has not got, and joins.
class RecordPipe : public RecordSink {
 public:
  static constexpr size_t kBlockBytes = 256 * 1024;  // Above the largest record: 66 KiB.
  static constexpr size_t kBlocks = 16;              // 4 MiB: the builder stops now and then to
                                                     // grow, and the reader need not.
  // A file of so many octets takes longer to read than a pipe takes to set up, by far.
  static constexpr uint64_t kPaysFromFileBytes = 4 << 20;

  explicit RecordPipe(RecordSink& sink) : sink_(sink) {}
  RecordPipe(const RecordPipe&) = delete;
  RecordPipe& operator=(const RecordPipe&) = delete;
  ~RecordPipe() override;

  void Add(const RecordView& record) override;
  void Finish();

 private:
  struct Block {
    std::unique_ptr<uint8_t[]> octets;  // Made when it is first used.
    size_t size = 0;
  };

  void HandOver();
  void StartThread();
  void Run();
  bool WaitForBlock(uint64_t number);
  void Replay(const Block& block);
  void End(bool drop);

  RecordSink& sink_;
  std::array<Block, kBlocks> blocks_;  // The n-th block of the zone is in blocks_[n % kBlocks].
  uint64_t filling_ = 0;               // The block that Add() writes to.
  bool no_thread_ = false;             // None could be had.
  std::thread thread_;

  // A std::mutex and not mutex.h's: std::condition_variable takes no other.
  std::mutex mu_;
  std::condition_variable changed_;
  // Guarded by mu_.
  uint64_t filled_ = 0;    // Blocks that are full: the thread's.
  uint64_t replayed_ = 0;  // Blocks that the sink has consumed: free again.
  bool ended_ = false;     // No more will be filled.
  bool drop_ = false;      // Those that are left are not wanted.
  std::exception_ptr failure_;
};

}  // namespace hither

#endif  // HITHER_ZONES_LOAD_RECORD_PIPE_H_
