#include "server/transfer/refresh/primary_table.h"

#include <utility>

#include "base/log.h"
#include "dns/name.h"

namespace hither {
namespace {

PrimarySpec SpecOf(const PrimaryConfig& config, const TsigKeyRing* keys) {
  PrimarySpec spec = {.config = config};
  const absl::StatusOr<Name> key_name = Name::FromText(config.key);
  if (config.key.empty() || keys == nullptr || !key_name.ok()) return spec;
  const TsigKey* key = keys->Find(key_name->view());
  if (key != nullptr) spec.key = *key;
  return spec;
}

}  // namespace

PrimaryTable::Entry PrimaryTable::MakeEntry(PrimarySpec spec) const {
  if (!spec.config.key.empty() && !spec.key.has_value()) {
    Log(LogLevel::kError, "primary ", spec.config.name, ": key ", spec.config.key,
        " is not among `keys:`; no zone is transferred from it");
    return {.spec = std::move(spec)};
  }
  std::unique_ptr<PrimaryClient> client = make_client_(spec);
  if (client == nullptr) {
    Log(LogLevel::kError, "primary ", spec.config.name, ": no zone is transferred from it");
  }
  return {.spec = std::move(spec), .client = std::move(client)};
}

// A renewal of certificates may be half done: then what worked goes on working, and
// since the former spec stays, the next reload tries again.
PrimaryTable::Entry PrimaryTable::MakeAgain(Entry before, PrimarySpec spec) const {
  PrimarySpec of_former_files = spec;
  const bool has_tls = spec.config.tls.has_value() && before.spec.config.tls.has_value();
  if (has_tls) of_former_files.config.tls->files_stamp = before.spec.config.tls->files_stamp;
  if (before.client == nullptr || of_former_files != before.spec) return MakeEntry(std::move(spec));
  std::unique_ptr<PrimaryClient> client = make_client_(spec);
  if (client != nullptr) return {.spec = std::move(spec), .client = std::move(client)};
  Log(LogLevel::kError, "primary ", spec.config.name,
      ": its former certificates stay in use; repair the files and reload");
  return before;
}

std::vector<PrimaryNumber> PrimaryTable::Configure(const std::vector<PrimaryConfig>& primaries,
                                                   const TsigKeyRing* keys) {
  std::vector<PrimaryNumber> replaced;
  std::map<PrimaryNumber, Entry> next;
  for (const PrimaryConfig& config : primaries) {
    PrimarySpec spec = SpecOf(config, keys);
    const std::optional<PrimaryNumber> number = Find(config.name);
    if (!number || !(primaries_.at(*number).spec.config.address == config.address)) {
      next.emplace(next_++, MakeEntry(std::move(spec)));
    } else if (primaries_.at(*number).spec == spec) {
      next.emplace(*number, std::move(primaries_.at(*number)));
      primaries_.erase(*number);
    } else {
      Entry& before = primaries_.at(*number);
      PrimaryClient* const former = before.client.get();
      Entry made = MakeAgain(std::move(before), std::move(spec));
      const bool is_same = former != nullptr && made.client.get() == former;
      next.emplace(*number, std::move(made));
      if (is_same) primaries_.erase(*number);
    }
  }
  for (const auto& [number, entry] : primaries_) replaced.push_back(number);
  primaries_ = std::move(next);
  return replaced;
}

std::optional<PrimaryNumber> PrimaryTable::Find(absl::string_view name) const {
  for (const auto& [number, entry] : primaries_) {
    if (entry.spec.config.name == name) return number;
  }
  return std::nullopt;
}

std::vector<PrimaryNumber> PrimaryTable::NumbersOf(const std::vector<std::string>& names) const {
  std::vector<PrimaryNumber> numbers;
  for (const std::string& name : names) {
    const std::optional<PrimaryNumber> number = Find(name);
    if (number && numbers.size() < TransferQueue::kPrimariesMax) numbers.push_back(*number);
  }
  return numbers;
}

std::string PrimaryTable::NameOf(PrimaryNumber number) const {
  const auto at = primaries_.find(number);
  return at == primaries_.end() ? "" : at->second.spec.config.name;
}

PrimaryClient* PrimaryTable::client(PrimaryNumber number) const {
  const auto at = primaries_.find(number);
  return at == primaries_.end() ? nullptr : at->second.client.get();
}

uint32_t PrimaryTable::transfers_max(PrimaryNumber number) const {
  const auto at = primaries_.find(number);
  return at == primaries_.end() ? 0 : at->second.spec.config.transfers_max;
}

}  // namespace hither
