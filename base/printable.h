#ifndef HITHER_BASE_PRINTABLE_H_
#define HITHER_BASE_PRINTABLE_H_

#include <string>
#include <utility>

namespace hither {

// `text` with '?' for each control octet: a quote from a foreign file stays one line and cannot
// control a terminal. Octets over 127 stay, for UTF-8.
inline std::string Printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

// The same of the first 200 octets: enough of a program's output to say what is wrong.
inline std::string PrintableStart(std::string text) {
  constexpr size_t kShownMax = 200;
  if (text.size() > kShownMax) text.resize(kShownMax);
  return Printable(std::move(text));
}

// The same of a report of several lines: line feeds and tabs stay.
inline std::string PrintableLines(std::string text) {
  for (char& c : text) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (is_control && c != '\n' && c != '\t') c = '?';
  }
  return text;
}

}  // namespace hither

#endif  // HITHER_BASE_PRINTABLE_H_
