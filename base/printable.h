#ifndef HITHER_BASE_PRINTABLE_H_
#define HITHER_BASE_PRINTABLE_H_

#include <string>

namespace hither {

// `text` with '?' for each control octet: a quote from a foreign file stays one line and cannot
// control a terminal. Octets over 127 stay, for UTF-8.
inline std::string Printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace hither

#endif  // HITHER_BASE_PRINTABLE_H_
