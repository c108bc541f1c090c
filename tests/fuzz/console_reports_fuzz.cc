// Any octets as each page of a fleet, and the page that the console makes of it.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "tool/console/model.h"

namespace hither {
namespace {

constexpr char kFleet[] =
    "sites: [{ name: fra1, nodes: [{ name: ns1, hitherd: 10.0.0.1, agent: 10.0.0.1 }] }]\n"
    "routers: [{ name: ra, agent: 10.0.0.1 }, { name: rb }]\n"
    "links: [[ra, rb]]\n"
    "clients: [{ name: berlin, agent: 10.0.0.1 }]\n";

void TakeAll(absl::string_view page) {
  static const Fleet* const fleet = new Fleet(*ParseFleet(kFleet, "f.yaml"));
  ConsoleModel model(*fleet);
  absl::Time now = absl::UnixEpoch();
  for (int i = 0; i < 3; ++i, now += absl::Seconds(1)) {
    model.TakeHitherd("ns1.fra1", ReadHitherdReport(page), now);
    model.TakeSidecar("ns1.fra1", ReadSidecarReport(page), now);
    model.TakeFaults("ns1.fra1", ReadFaults(page), now);
    model.TakeSessions("ra", ReadSessions(page), now);
    model.TakeAnswers("berlin", ReadAnswers(page), now);
    HITHER_CHECK(ReadError(page).size() <= 303);
  }
  HITHER_CHECK(model.time_line().entries().size() <= TimeLine::kKept);
  const auto told = nlohmann::json::parse(model.PageJson(now));  // Throws what is no JSON.
  HITHER_CHECK(told["nodes"].size() == 1 && told["links"].size() == 1);
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hither::TakeAll({reinterpret_cast<const char*>(data), size});
  return 0;
}
