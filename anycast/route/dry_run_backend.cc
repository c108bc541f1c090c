#include "anycast/route/dry_run_backend.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"

namespace hither {
namespace {

std::vector<std::string> AttributeTexts(const RouteAttributes& attributes) {
  std::vector<std::string> texts;
  if (attributes.med) texts.push_back(absl::StrCat("med ", *attributes.med));
  if (attributes.prepend > 0) texts.push_back(absl::StrCat("prepend ", attributes.prepend));
  for (const uint32_t community : attributes.communities) {
    texts.push_back(absl::StrCat("community ", community >> 16, ":", community & 0xFFFF));
  }
  for (const LargeCommunity& large : attributes.large_communities) {
    texts.push_back(
        absl::StrCat("large community ", large.global, ":", large.local1, ":", large.local2));
  }
  return texts;
}

}  // namespace

std::string DryRunText(const Route& route) {
  if (route.state == State::kDown) {
    return absl::StrCat("would withdraw ", route.prefix.ToText());
  }
  const auto attributes = AttributeTexts(route.attributes);
  return absl::StrCat("would announce ", route.prefix.ToText(), " ", ToText(route.state),
                      attributes.empty() ? "" : " (", absl::StrJoin(attributes, ", "),
                      attributes.empty() ? "" : ")");
}

void DryRunBackend::Announce(const std::vector<Route>& routes, absl::Time, absl::Time) {
  if (is_closed_) return;
  for (const Route& route : routes) {
    std::string text = DryRunText(route);
    std::string& told = told_[route.prefix];
    if (told == text) continue;
    Log(LogLevel::kInfo, "dry-run: ", text, route.reason.empty() ? "" : ": ", route.reason);
    told = std::move(text);
  }
}

void DryRunBackend::Close(absl::string_view reason) {
  if (!is_closed_) Log(LogLevel::kInfo, "dry-run: would withdraw all: ", reason);
  is_closed_ = true;
}

}  // namespace hither
