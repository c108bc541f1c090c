#ifndef HITHER_SERVER_TRANSFER_REFRESH_PRIMARY_TABLE_H_
#define HITHER_SERVER_TRANSFER_REFRESH_PRIMARY_TABLE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "daemon/config/primary_list.h"
#include "server/transfer/client/primary_client.h"
#include "server/transfer/transfer_queue.h"

namespace hither {

// The configured primaries, their numbers and clients. One thread's.
//
// A number stands for the content that a primary gives: it stays while name and address do, and is
// not used twice. With another key, certificate or source address only the client is made again;
// if the files of its certificates cannot be used, the client that was made from the former ones
// stays.
class PrimaryTable {
 public:
  using MakeClient = std::function<std::unique_ptr<PrimaryClient>(const PrimarySpec&)>;
  explicit PrimaryTable(MakeClient make_client) : make_client_(std::move(make_client)) {}

  // Returns the numbers whose client is gone or was replaced: their turns never report.
  std::vector<PrimaryNumber> Configure(const std::vector<PrimaryConfig>& primaries,
                                       const TsigKeyRing* keys);

  std::optional<PrimaryNumber> Find(absl::string_view name) const;
  // Those of the names that are configured, in their order.
  std::vector<PrimaryNumber> NumbersOf(const std::vector<std::string>& names) const;
  std::string NameOf(PrimaryNumber number) const;  // "" if it is gone.
  // Null: it is gone, or its key is missing. It is never asked unsigned instead.
  PrimaryClient* client(PrimaryNumber number) const;
  uint32_t transfers_max(PrimaryNumber number) const;
  void Clear() { primaries_.clear(); }

 private:
  struct Entry {
    PrimarySpec spec = {};
    std::unique_ptr<PrimaryClient> client = nullptr;
  };
  Entry MakeEntry(PrimarySpec spec) const;
  Entry MakeAgain(Entry before, PrimarySpec spec) const;

  MakeClient make_client_;
  std::map<PrimaryNumber, Entry> primaries_;
  PrimaryNumber next_ = 1;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_PRIMARY_TABLE_H_
