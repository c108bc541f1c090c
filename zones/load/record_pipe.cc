#include "zones/load/record_pipe.h"

#include <cstring>
#include <system_error>
#include <utility>

#include "zones/text/rdata_fields.h"

namespace hither {
namespace {

// The head before a record's owner and RDATA in a block.
struct RecordHead {
  uint32_t ttl_seconds;
  Location location;
  RrType type;
  uint16_t rdata_bytes;
  uint8_t owner_bytes;
};

static_assert(sizeof(RecordHead) + kNameBytesMax + kRdataBytesMax <= RecordPipe::kBlockBytes);

}  // namespace

RecordPipe::~RecordPipe() { End(/*drop=*/true); }

void RecordPipe::Add(const RecordView& record) {
  if (no_thread_) return sink_.Add(record);
  const size_t bytes = sizeof(RecordHead) + record.owner.size() + record.rdata.size();
  if (blocks_[filling_ % kBlocks].size + bytes > kBlockBytes) {
    HandOver();
    if (no_thread_) return sink_.Add(record);
  }
  Block& block = blocks_[filling_ % kBlocks];
  if (block.octets == nullptr) block.octets.reset(new uint8_t[kBlockBytes]);
  uint8_t* const to = block.octets.get() + block.size;
  const RecordHead head = {record.ttl_seconds, record.location, record.type,
                           static_cast<uint16_t>(record.rdata.size()),
                           static_cast<uint8_t>(record.owner.size())};
  std::memcpy(to, &head, sizeof(head));
  CopyNameOctets(to + sizeof(head), record.owner.data(), record.owner.size());
  if (!record.rdata.empty()) {
    std::memcpy(to + sizeof(head) + record.owner.size(), record.rdata.data(), record.rdata.size());
  }
  block.size += bytes;
}

// Gives the full block to the thread, and waits until the next one is free.
void RecordPipe::HandOver() {
  if (!thread_.joinable()) StartThread();
  if (no_thread_) {
    Replay(blocks_[0]);  // Block 0: without a thread there is no other.
    blocks_[0] = {};
    return;
  }
  ++filling_;
  std::unique_lock<std::mutex> lock(mu_);
  filled_ = filling_;
  changed_.notify_one();
  changed_.wait(lock, [&] { return filling_ - replayed_ < kBlocks || failure_ != nullptr; });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  blocks_[filling_ % kBlocks].size = 0;
}

void RecordPipe::StartThread() {
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error&) {
    no_thread_ = true;
  }
}

// The thread.
void RecordPipe::Run() {
  for (uint64_t number = 0; WaitForBlock(number); ++number) {
    std::exception_ptr failure;
    try {
      Replay(blocks_[number % kBlocks]);
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard<std::mutex> lock(mu_);
    replayed_ = number + 1;
    failure_ = failure;
    changed_.notify_one();
    if (failure != nullptr) return;
  }
}

bool RecordPipe::WaitForBlock(uint64_t number) {
  std::unique_lock<std::mutex> lock(mu_);
  changed_.wait(lock, [&] { return filled_ > number || ended_; });
  return filled_ > number && !drop_;
}

void RecordPipe::Replay(const Block& block) {
  const uint8_t* at = block.octets.get();
  for (const uint8_t* const end = at + block.size; at < end;) {
    RecordHead head;
    std::memcpy(&head, at, sizeof(head));
    const uint8_t* const owner = at + sizeof(head);
    const uint8_t* const rdata = owner + head.owner_bytes;
    at = rdata + head.rdata_bytes;
    sink_.Add({NameView(ByteView(owner, head.owner_bytes)), head.type, head.ttl_seconds,
               ByteView(rdata, head.rdata_bytes), head.location});
  }
}

void RecordPipe::Finish() {
  if (no_thread_) return;
  if (!thread_.joinable()) {  // Everything fits in one block.
    Replay(blocks_[0]);
    blocks_[0] = {};
    return;
  }
  HandOver();
  End(/*drop=*/false);
  // The thread has ended: no lock needed.
  if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void RecordPipe::End(bool drop) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mu_);
    ended_ = true;
    drop_ = drop;
    changed_.notify_one();
  }
  thread_.join();
}

}  // namespace hither
