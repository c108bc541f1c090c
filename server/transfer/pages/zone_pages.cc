#include "server/transfer/pages/zone_pages.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/printable.h"
#include "server/transfer/pages/zone_status_json.h"

namespace hither {
namespace {

// The service is asked for so many zones at a time, so that it is never kept for long.
constexpr size_t kChunk = 1'000;

AdminAnswer Refuse(const absl::Status& status) {
  int code = 500;
  if (absl::IsInvalidArgument(status)) code = 400;
  if (absl::IsNotFound(status)) code = 404;
  if (absl::IsFailedPrecondition(status) || absl::IsAborted(status)) code = 409;
  if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status)) code = 503;
  return {.code = code, .text = absl::StrCat(status.message(), "\n")};
}

absl::Status Wrong(absl::string_view key, absl::string_view value, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(key, " ", Printable(std::string(value)), what));
}

// Exactly one: a command for two zones would be obeyed for one of them.
absl::StatusOr<Name> ZoneOf(const AdminParameters& parameters) {
  const std::string* text = nullptr;
  for (const auto& [key, value] : parameters) {
    if (key != "zone") continue;
    if (text != nullptr) return absl::InvalidArgumentError("two zones; name one");
    text = &value;
  }
  if (text == nullptr || text->empty()) {
    return absl::InvalidArgumentError("no zone; name one, as in ?zone=example.org");
  }
  absl::StatusOr<Name> name = Name::FromText(*text);
  if (!name.ok()) return Wrong("zone name", *text, absl::StrCat(": ", name.status().message()));
  return name;
}

// Nothing if it is absent.
template <typename Number>
absl::StatusOr<std::optional<Number>> NumberOf(const AdminParameters& parameters,
                                               absl::string_view key) {
  const std::string text = Parameter(parameters, key);
  if (text.empty()) return std::optional<Number>();
  Number number = 0;
  if (!absl::SimpleAtoi(text, &number)) return Wrong(key, text, " is not a number in range");
  return std::optional<Number>(number);
}

bool IsTroubled(const ZoneTransferStatus& zone) {
  return zone.state != RefreshState::kFresh || zone.refused.has_value() || zone.is_rolled_back;
}

// The zones of a page, from `first` on.
void Collect(TransferService& service, size_t first, size_t max, bool only_troubled,
             ZoneStatusPage& page) {
  while (page.zones.size() < max) {
    const size_t wanted = only_troubled ? kChunk : std::min(kChunk, max - page.zones.size());
    std::vector<ZoneTransferStatus> chunk = service.Statuses(first, wanted);
    if (chunk.empty()) return;
    for (ZoneTransferStatus& zone : chunk) {
      ++first;
      if (only_troubled && !IsTroubled(zone)) continue;
      page.zones.push_back(std::move(zone));
      if (page.zones.size() == max) break;
    }
  }
  if (first < page.summary.zones) page.next = first;
}

AdminAnswer List(TransferService& service, const AdminParameters& parameters, absl::Time now) {
  const auto first = NumberOf<uint64_t>(parameters, "first");
  const auto max = NumberOf<uint64_t>(parameters, "max");
  const auto troubled = NumberOf<uint32_t>(parameters, "troubled");
  for (const absl::Status& status : {first.status(), max.status(), troubled.status()}) {
    if (!status.ok()) return Refuse(status);
  }
  ZoneStatusPage page = {.now = now, .summary = SummaryOf(service.counts())};
  Collect(service, first->value_or(0),
          std::min<uint64_t>(max->value_or(kZonesPageMax), kZonesPageMax),
          troubled->value_or(0) != 0, page);
  return {.text = ToJson(page, ZoneDetail::kList), .is_json = true};
}

AdminAnswer One(TransferService& service, const AdminParameters& parameters, absl::Time now,
                ZoneDetail detail) {
  const absl::StatusOr<Name> zone = ZoneOf(parameters);
  if (!zone.ok()) return Refuse(zone.status());
  absl::StatusOr<ZoneTransferStatus> status = service.StatusOf(*zone);
  if (!status.ok()) return Refuse(status.status());
  ZoneStatusPage page = {.now = now, .summary = SummaryOf(service.counts())};
  page.zones.push_back(*std::move(status));
  return {.text = ToJson(page, detail), .is_json = true};
}

TransferService::Done Answering(AdminReplier reply) {
  return [reply = std::move(reply)](const absl::StatusOr<std::string>& what) {
    reply(what.ok() ? AdminAnswer{.text = absl::StrCat(*what, "\n")} : Refuse(what.status()));
  };
}

using Order = void (TransferService::*)(NameView zone, TransferService::Done done);
using SerialOrder = void (TransferService::*)(NameView zone, std::optional<uint32_t> serial,
                                              TransferService::Done done);

AdminAction OrderAction(std::string path, std::vector<std::string> takes) {
  AdminAction action{.method = "POST", .path = std::move(path)};
  action.takes = std::move(takes);
  action.unwaited =
      "too many requests wait, so this one does not wait for its result; the order is carried out "
      "nevertheless: see `hither zone status`\n";
  return action;
}

AdminAction ActionOf(TransferService& service, const char* path, Order order) {
  AdminAction action = OrderAction(path, {"zone"});
  action.begin = [&service, order](const AdminParameters& parameters, AdminReplier reply) {
    const absl::StatusOr<Name> zone = ZoneOf(parameters);
    if (!zone.ok()) return reply(Refuse(zone.status()));
    (service.*order)(*zone, Answering(std::move(reply)));
  };
  return action;
}

AdminAction ActionOf(TransferService& service, const char* path, SerialOrder order) {
  AdminAction action = OrderAction(path, {"zone", "serial"});
  action.begin = [&service, order](const AdminParameters& parameters, AdminReplier reply) {
    const absl::StatusOr<Name> zone = ZoneOf(parameters);
    if (!zone.ok()) return reply(Refuse(zone.status()));
    const auto serial = NumberOf<uint32_t>(parameters, "serial");
    if (!serial.ok()) return reply(Refuse(serial.status()));
    (service.*order)(*zone, *serial, Answering(std::move(reply)));
  };
  return action;
}

}  // namespace

TransferSummary SummaryOf(const TransferService::Counts& counts) {
  return {.zones = counts.zones,
          .empty = counts.zones_empty,
          .stale = counts.zones_stale,
          .expired = counts.zones_expired,
          .refused = counts.zones_refused,
          .waiting = counts.waiting,
          .under_way = counts.under_way,
          .disk_error = counts.disk_error};
}

std::vector<AdminAction> TransferActions(TransferService& service, absl::Time (*now)()) {
  std::vector<AdminAction> actions;
  AdminAction status{.method = "GET", .path = "/zone/status"};
  status.answer = [&service, now](const AdminParameters& parameters) {
    const bool is_one = std::ranges::any_of(
        parameters, [](const auto& parameter) { return parameter.first == "zone"; });
    return is_one ? One(service, parameters, now(), ZoneDetail::kZone)
                  : List(service, parameters, now());
  };
  status.takes = std::vector<std::string>{"zone", "first", "max", "troubled"};
  actions.push_back(std::move(status));
  AdminAction show{.method = "GET", .path = "/zone/show"};
  show.answer = [&service, now](const AdminParameters& parameters) {
    return One(service, parameters, now(), ZoneDetail::kShow);
  };
  show.takes = std::vector<std::string>{"zone"};
  actions.push_back(std::move(show));
  actions.push_back(ActionOf(service, "/zone/refresh", &TransferService::Refresh));
  actions.push_back(ActionOf(service, "/zone/retransfer", &TransferService::Retransfer));
  actions.push_back(ActionOf(service, "/zone/accept", &TransferService::Accept));
  actions.push_back(ActionOf(service, "/zone/rollback", &TransferService::RollBack));
  return actions;
}

}  // namespace hither
