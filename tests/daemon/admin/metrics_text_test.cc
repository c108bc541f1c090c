#include "daemon/admin/metrics_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace hither {
namespace {

TEST(MetricsText, FamiliesStandTogetherWithOneHelpAndType) {
  MetricsText text;
  for (const char* worker : {"0", "1"}) {
    text.Add("hither_queries_total", MetricType::kCounter, "Queries read.",
             MetricLabels({{"worker", worker}, {"transport", "udp"}}), uint64_t{7});
    text.Add("hither_zones", MetricType::kGauge, "Zones.", MetricLabels({{"worker", worker}}), 0.5);
  }
  EXPECT_EQ(text.Take(),
            "# HELP hither_queries_total Queries read.\n"
            "# TYPE hither_queries_total counter\n"
            "hither_queries_total{worker=\"0\",transport=\"udp\"} 7\n"
            "hither_queries_total{worker=\"1\",transport=\"udp\"} 7\n"
            "# HELP hither_zones Zones.\n"
            "# TYPE hither_zones gauge\n"
            "hither_zones{worker=\"0\"} 0.5\n"
            "hither_zones{worker=\"1\"} 0.5\n");
}

TEST(MetricsText, HistogramsHaveBordersSumAndCount) {
  MetricsText text;
  text.AddHistogram("took_seconds", "Time.", MetricLabels({{"by", "udp"}}),
                    {{{1.024e-6, 1}, {0.5, 3}, {4, 3}}, 9.25, 4});
  text.AddHistogram("took_seconds", "Time.", "", {});
  EXPECT_EQ(text.Take(),
            "# HELP took_seconds Time.\n"
            "# TYPE took_seconds histogram\n"
            "took_seconds_bucket{by=\"udp\",le=\"1.024e-06\"} 1\n"
            "took_seconds_bucket{by=\"udp\",le=\"0.5\"} 3\n"
            "took_seconds_bucket{by=\"udp\",le=\"4\"} 3\n"
            "took_seconds_bucket{by=\"udp\",le=\"+Inf\"} 4\n"
            "took_seconds_sum{by=\"udp\"} 9.25\n"
            "took_seconds_count{by=\"udp\"} 4\n"
            "took_seconds_bucket{le=\"+Inf\"} 0\n"
            "took_seconds_sum 0\n"
            "took_seconds_count 0\n");
}

TEST(MetricsText, EscapesLabelsAndHelp) {
  MetricsText text;
  text.Add("m", MetricType::kGauge, "a\\b\nc \"d\"", MetricLabels({{"file", "C:\\x\n\"y\""}}),
           uint64_t{1});
  EXPECT_EQ(text.Take(),
            "# HELP m a\\\\b\\nc \"d\"\n"
            "# TYPE m gauge\n"
            "m{file=\"C:\\\\x\\n\\\"y\\\"\"} 1\n");
}

TEST(MetricsText, NumbersKeepTheirValue) {
  MetricsText text;
  text.Add("big", MetricType::kCounter, "b", "", std::numeric_limits<uint64_t>::max());
  text.Add("time", MetricType::kGauge, "t", "", 1795419637.125);
  text.Add("inf", MetricType::kGauge, "i", "", std::numeric_limits<double>::infinity());
  text.Add("nan", MetricType::kGauge, "n", "", std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(text.Take(),
            "# HELP big b\n# TYPE big counter\nbig 18446744073709551615\n"
            "# HELP time t\n# TYPE time gauge\ntime 1795419637.125\n"
            "# HELP inf i\n# TYPE inf gauge\ninf +Inf\n"
            "# HELP nan n\n# TYPE nan gauge\nnan NaN\n");
}

}  // namespace
}  // namespace hither
