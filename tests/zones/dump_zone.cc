// Prints what the zone-file reader makes of a file, for others to compare: a line
// "owner type-number ttl rdata-in-hex" for each record on stdout, the findings on stderr.
//
//   dump_zone ORIGIN FILE          exit status 0 if the file has no error
//   dump_zone --quiet ORIGIN FILE  counts only; for timing

#include <cstdio>
#include <cstring>
#include <string>

#include "absl/strings/escaping.h"
#include "zones/text/zone_file.h"

namespace {

class Printer : public hither::RecordSink {
 public:
  explicit Printer(bool quiet) : quiet_(quiet) {}

  void Add(const hither::RecordView& record) override {
    octets_ += record.owner.size() + record.rdata.size();
    if (quiet_) return;
    const absl::string_view rdata(reinterpret_cast<const char*>(record.rdata.data()),
                                  record.rdata.size());
    std::printf("%s %u %u %s\n", record.owner.ToText().c_str(), static_cast<unsigned>(record.type),
                record.ttl_seconds, absl::BytesToHexString(rdata).c_str());
  }
  unsigned long long octets() const { return octets_; }

 private:
  const bool quiet_;
  unsigned long long octets_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const bool quiet = argc == 4 && std::strcmp(argv[1], "--quiet") == 0;
  if (argc != 3 && !quiet) {
    std::fprintf(stderr, "usage: dump_zone [--quiet] ORIGIN FILE\n");
    return 2;
  }
  const auto origin = hither::Name::FromText(argv[argc - 2]);
  if (!origin.ok()) {
    std::fprintf(stderr, "%s\n", std::string(origin.status().message()).c_str());
    return 2;
  }
  Printer printer(quiet);
  const hither::ZoneFileResult result = hither::ReadZoneFile(argv[argc - 1], *origin, printer);
  for (const hither::Finding& finding : result.findings) {
    std::fprintf(stderr, "%s\n", hither::ToText(finding).c_str());
  }
  if (quiet) {
    std::printf("%llu records, %llu octets\n", static_cast<unsigned long long>(result.records),
                printer.octets());
  }
  return result.ok ? 0 : 1;
}
