#include "server/load/load_report.h"

#include <algorithm>
#include <iterator>

namespace hither {

void FirstLines::Take(FirstLines&& other) {
  omitted_ += other.omitted_;
  std::move(other.lines_.begin(), other.lines_.end(), std::back_inserter(lines_));
  other.lines_.clear();
}

std::vector<std::string> FirstLines::Finish(size_t& omitted) {
  std::stable_sort(lines_.begin(), lines_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  omitted = omitted_ + lines_.size() - std::min(lines_.size(), max_);
  std::vector<std::string> first;
  for (auto& [zone, line] : lines_) {
    if (first.size() == max_) break;
    first.push_back(std::move(line));
  }
  lines_.clear();
  return first;
}

}  // namespace hither
