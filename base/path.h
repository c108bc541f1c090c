#ifndef HITHER_BASE_PATH_H_
#define HITHER_BASE_PATH_H_

#include <string>

namespace hither {

// The folder that a file is in, as the path spells it: "." if it names none.
inline std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace hither

#endif  // HITHER_BASE_PATH_H_
