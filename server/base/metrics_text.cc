#include "server/base/metrics_text.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace hither {

std::string MetricLabels(
    std::initializer_list<std::pair<absl::string_view, absl::string_view>> labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    absl::StrAppend(&out, out.empty() ? "" : ",", name, "=\"",
                    absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}),
                    "\"");
  }
  return out;
}

std::string& MetricsText::Lines(absl::string_view metric, MetricType type, absl::string_view help,
                                absl::string_view labels) {
  const auto [place, is_new] = places_.try_emplace(std::string(metric), families_.size());
  if (is_new) {
    families_.push_back(absl::StrCat(
        "# HELP ", metric, " ", absl::StrReplaceAll(help, {{"\\", "\\\\"}, {"\n", "\\n"}}),
        "\n# TYPE ", metric, type == MetricType::kCounter ? " counter\n" : " gauge\n"));
  }
  std::string& lines = families_[place->second];
  absl::StrAppend(&lines, metric);
  if (!labels.empty()) absl::StrAppend(&lines, "{", labels, "}");
  return lines;
}

void MetricsText::Add(absl::string_view metric, MetricType type, absl::string_view help,
                      absl::string_view labels, uint64_t value) {
  absl::StrAppend(&Lines(metric, type, help, labels), " ", value, "\n");
}

void MetricsText::Add(absl::string_view metric, MetricType type, absl::string_view help,
                      absl::string_view labels, double value) {
  std::string& lines = Lines(metric, type, help, labels);
  if (std::isnan(value)) {
    absl::StrAppend(&lines, " NaN\n");
  } else if (std::isinf(value)) {
    absl::StrAppend(&lines, value > 0 ? " +Inf\n" : " -Inf\n");
  } else {
    absl::StrAppendFormat(&lines, " %.17g\n", value);
  }
}

std::string MetricsText::Take() { return absl::StrJoin(families_, ""); }

}  // namespace hither
