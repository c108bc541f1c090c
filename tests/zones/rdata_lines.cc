// Reads a line "TYPE FIELDS" after the other from stdin as a record below the name given, and
// prints its RDATA in hexadecimal, or "! " and the error: for others to compare.

#include <cstdio>
#include <iostream>
#include <string>

#include "absl/strings/escaping.h"
#include "dns/rdata.h"
#include "zones/text/rdata_text.h"

namespace {

std::string Read(const std::string& line, hither::NameView origin) {
  const size_t blank = line.find(' ');
  const auto type = hither::TypeFromText(absl::string_view(line).substr(0, blank));
  if (!type.has_value()) return "! unknown type";
  const std::string fields = blank == std::string::npos ? "" : line.substr(blank + 1);
  const auto rdata = hither::RdataFromText(*type, fields, origin);
  if (!rdata.ok()) return "! " + std::string(rdata.status().message());
  const absl::string_view octets(reinterpret_cast<const char*>(rdata->data()), rdata->size());
  return absl::BytesToHexString(octets);
}

}  // namespace

int main(int argc, char** argv) {
  const auto origin = hither::Name::FromText(argc == 2 ? argv[1] : "");
  if (argc != 2 || !origin.ok()) {
    std::fprintf(stderr, "usage: rdata_lines ORIGIN <LINES\n");
    return 2;
  }
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) std::cout << Read(line, *origin) << '\n';
  return std::cout.flush() ? 0 : 1;
}
