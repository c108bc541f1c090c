#ifndef HITHER_DAEMON_ADMIN_METRICS_TEXT_H_
#define HITHER_DAEMON_ADMIN_METRICS_TEXT_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace hither {

inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

// `worker="1",rcode="NOERROR"`, the values escaped as the text format requires.
std::string MetricLabels(
    std::initializer_list<std::pair<absl::string_view, absl::string_view>> labels);

// The number of values up to this border, including those of smaller borders.
struct HistogramBorder {
  double at_most;
  uint64_t count;
};

struct HistogramValues {
  std::vector<HistogramBorder> borders;  // Rising, without infinity.
  double sum = 0;
  uint64_t count = 0;
};

// Writes Prometheus's text exposition format 0.0.4. One page, one thread; used once.
//
// All lines of a metric are grouped with one HELP and one TYPE, in whatever order they are added:
// the format requires it, and callers add them by worker, not by metric.
class MetricsText {
 public:
  // `labels` as MetricLabels writes them, or empty. The first call for a metric sets its help.
  void Add(absl::string_view metric, MetricType type, absl::string_view help,
           absl::string_view labels, uint64_t value);
  void Add(absl::string_view metric, MetricType type, absl::string_view help,
           absl::string_view labels, double value);
  void AddHistogram(absl::string_view metric, absl::string_view help, absl::string_view labels,
                    const HistogramValues& values);

  std::string Take();

 private:
  std::string& Family(absl::string_view metric, MetricType type, absl::string_view help);

  std::vector<std::string> families_;  // In the order of first adding.
  absl::flat_hash_map<std::string, size_t> places_;
};

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_METRICS_TEXT_H_
