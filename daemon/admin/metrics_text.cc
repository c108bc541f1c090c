#include "daemon/admin/metrics_text.h"

#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace hither {
namespace {

const char* TypeWord(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

// The shortest text that reads back as the same number: 0.001, not 0.001000000000000000021.
std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  return std::string(text, end);
}

void AppendSample(std::string& lines, absl::string_view metric, absl::string_view labels,
                  absl::string_view value) {
  absl::StrAppend(&lines, metric);
  if (!labels.empty()) absl::StrAppend(&lines, "{", labels, "}");
  absl::StrAppend(&lines, " ", value, "\n");
}

}  // namespace

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

std::string& MetricsText::Family(absl::string_view metric, MetricType type,
                                 absl::string_view help) {
  const auto [place, is_new] = places_.try_emplace(std::string(metric), families_.size());
  if (is_new) {
    families_.push_back(absl::StrCat("# HELP ", metric, " ",
                                     absl::StrReplaceAll(help, {{"\\", "\\\\"}, {"\n", "\\n"}}),
                                     "\n# TYPE ", metric, " ", TypeWord(type), "\n"));
  }
  return families_[place->second];
}

void MetricsText::Add(absl::string_view metric, MetricType type, absl::string_view help,
                      absl::string_view labels, uint64_t value) {
  AppendSample(Family(metric, type, help), metric, labels, absl::StrCat(value));
}

void MetricsText::Add(absl::string_view metric, MetricType type, absl::string_view help,
                      absl::string_view labels, double value) {
  AppendSample(Family(metric, type, help), metric, labels, NumberText(value));
}

void MetricsText::AddHistogram(absl::string_view metric, absl::string_view help,
                               absl::string_view labels, const HistogramValues& values) {
  std::string& lines = Family(metric, MetricType::kHistogram, help);
  const std::string bucket = absl::StrCat(metric, "_bucket");
  const std::string first = absl::StrCat(labels, labels.empty() ? "" : ",");
  for (const HistogramBorder& border : values.borders) {
    AppendSample(lines, bucket, absl::StrCat(first, "le=\"", NumberText(border.at_most), "\""),
                 absl::StrCat(border.count));
  }
  AppendSample(lines, bucket, absl::StrCat(first, "le=\"+Inf\""), absl::StrCat(values.count));
  AppendSample(lines, absl::StrCat(metric, "_sum"), labels, NumberText(values.sum));
  AppendSample(lines, absl::StrCat(metric, "_count"), labels, absl::StrCat(values.count));
}

std::string MetricsText::Take() { return absl::StrJoin(families_, ""); }

}  // namespace hither
