#ifndef HITHER_BENCH_QUERY_PLAN_H_
#define HITHER_BENCH_QUERY_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace hither {

struct QueryPlanOptions {
  bool edns = false;
  bool dnssec_ok = false;  // DO; implies EDNS.
  uint16_t payload_bytes = 1232;
  size_t group_max = 16;  // Adjacent queries, if they have the same length.
};

// Adjacent queries of one length, so that one message with UDP_SEGMENT sends them all.
struct QueryGroup {
  uint64_t at;  // In QueryPlan::octets.
  uint16_t query_bytes;
  uint16_t count;
};

// All queries of a file, encoded once, in the order of the file except for grouping: a query waits
// until its group is full. The sender writes their IDs.
struct QueryPlan {
  Bytes octets;
  std::vector<QueryGroup> groups;
  size_t query_count = 0;
};

// Reads dnsperf's format: a name and a type on a line; lines that are empty or begin with ; or #
// are ignored.
absl::StatusOr<QueryPlan> PlanQueries(absl::string_view text, const QueryPlanOptions& options);
absl::StatusOr<QueryPlan> ReadQueryPlan(const std::string& path, const QueryPlanOptions& options);

}  // namespace hither

#endif  // HITHER_BENCH_QUERY_PLAN_H_
