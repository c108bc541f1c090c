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

// Uses a second core for a large zone: the reader adds records here, and a thread gives them to the
// real sink, in order.
//
//   RecordPipe pipe(builder);
//   ZoneFileResult read = ReadZoneFile(path, apex, pipe);
//   pipe.Finish();  // Now the builder has them all and belongs to the caller again.
//
// Threads: one thread adds and finishes. In between the sink is used by the pipe's own thread,
// which starts with the first full block; records that fit in one block start no thread and reach
// the sink within Finish(). If no thread can be started, the sink is used within Add(): slower, but
// not an error.
//
// Memory: at most kBlocks blocks, whatever the zone; Add() waits while all of them are full.
//
// An exception of the sink (std::bad_alloc) is thrown by a later Add() or by Finish(). The
// destructor of an unfinished pipe drops records that the sink has not received, and joins.
class RecordPipe : public RecordSink {
 public:
  static constexpr size_t kBlockBytes = 256 * 1024;  // Above the largest record: 66 KiB.
  static constexpr size_t kBlocks = 16;              // 4 MiB: the builder pauses now and then to
                                                     // grow; the reader need not wait.
  // A file of this many octets takes far longer to read than a pipe takes to set up.
  static constexpr uint64_t kPaysFromFileBytes = 4 << 20;

  explicit RecordPipe(RecordSink& sink) : sink_(sink) {}
  RecordPipe(const RecordPipe&) = delete;
  RecordPipe& operator=(const RecordPipe&) = delete;
  ~RecordPipe() override;

  void Add(const RecordView& record) override;
  void Finish();

 private:
  struct Block {
    std::unique_ptr<uint8_t[]> octets;  // Allocated on first use.
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
  bool no_thread_ = false;             // None could be started.
  std::thread thread_;

  // A std::mutex and not mutex.h's: std::condition_variable accepts no other.
  std::mutex mu_;
  std::condition_variable changed_;
  // Guarded by mu_.
  uint64_t filled_ = 0;    // Blocks that are full: the thread's.
  uint64_t replayed_ = 0;  // Blocks that the sink has consumed: free again.
  bool ended_ = false;     // No more will be filled.
  bool drop_ = false;      // The remaining ones are dropped.
  std::exception_ptr failure_;
};

}  // namespace hither

#endif  // HITHER_ZONES_LOAD_RECORD_PIPE_H_
