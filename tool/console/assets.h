#ifndef HITHER_TOOL_CONSOLE_ASSETS_H_
#define HITHER_TOOL_CONSOLE_ASSETS_H_

#include "absl/strings/string_view.h"

// The files of the page, embedded by tool/console/embed.cmake.
namespace hither {

extern const absl::string_view kIndexHtml;
extern const absl::string_view kConsoleCss;
// continents.js, layout.js, routes.js, map.js, tables.js and page.js, in this order.
extern const absl::string_view kConsoleJs;
extern const absl::string_view kIconSvg;

}  // namespace hither

#endif  // HITHER_TOOL_CONSOLE_ASSETS_H_
