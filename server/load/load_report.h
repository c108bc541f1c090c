#ifndef HITHER_SERVER_LOAD_LOAD_REPORT_H_
#define HITHER_SERVER_LOAD_LOAD_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace hither {

// The outcome of one load for its zones.
struct LoadReport {
  static constexpr size_t kErrorLinesMax = 1'000;
  static constexpr size_t kNoteLinesMax = 100;

  size_t loaded = 0;     // Read and good.
  size_t unchanged = 0;  // Not read again.
  size_t failed = 0;     // Read with errors; the last good version stays, if there was one.
  size_t removed = 0;    // No longer in the configuration.
  uint64_t records = 0;  // Of all zones that can be served now.
  size_t served = 0;     // Zones with a good version.
  std::vector<std::string> errors;  // A line each, the first kErrorLinesMax in the zones' order.
  size_t errors_omitted = 0;        // The rest; the log has all of them.
  // At a reload: the zones that have changed, with their serials, and warnings. As the errors, the
  // first kNoteLinesMax.
  std::vector<std::string> notes;
  size_t notes_omitted = 0;

  bool ok() const { return errors.empty(); }
  bool changed() const { return loaded + failed + removed > 0; }
};

// The first lines about zones, in the zones' order, whichever of several threads has added them:
// each thread has one of its own and takes zones in order, so the first of all are among the first
// of each.
class FirstLines {
 public:
  explicit FirstLines(size_t max) : max_(max) {}

  // False: it is counted only.
  bool Add(size_t zone, std::string line) {
    if (lines_.size() >= max_) return ++omitted_ == 0;
    lines_.emplace_back(zone, std::move(line));
    return true;
  }
  void Take(FirstLines&& other);
  // The lines, and how many there are beside them. The object is empty afterwards.
  std::vector<std::string> Finish(size_t& omitted);

 private:
  size_t max_;
  std::vector<std::pair<size_t, std::string>> lines_;
  size_t omitted_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_LOAD_REPORT_H_
