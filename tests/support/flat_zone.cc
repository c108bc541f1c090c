#include "tests/support/flat_zone.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "zones/image/zone_builder.h"
#include "zones/text/zone_file.h"

namespace hither {
namespace {

class Collector : public RecordSink {
 public:
  explicit Collector(FlatZone& zone) : zone_(zone) {}
  void Add(const RecordView& record) override {
    zone_.records.push_back({Name(record.owner), record.type, record.ttl_seconds,
                             Bytes(record.rdata.begin(), record.rdata.end())});
  }

 private:
  FlatZone& zone_;
};

}  // namespace

bool FlatZone::Has(NameView owner, RrType type) const {
  return std::any_of(records.begin(), records.end(), [&](const FlatRecord& record) {
    return record.type == type && record.owner.view().EqualsIgnoreCase(owner);
  });
}

bool FlatZone::Exists(NameView name) const {
  return std::any_of(records.begin(), records.end(), [&](const FlatRecord& record) {
    return record.owner.view().IsAtOrBelow(name);
  });
}

FlatZone FlatZoneFromText(absl::string_view apex, absl::string_view text) {
  FlatZone zone{*Name::FromText(apex), {}};
  Collector collector(zone);
  const ZoneFileResult read = ReadZoneText(text, "text", zone.apex, collector);
  for (const Finding& found : read.findings) std::fprintf(stderr, "%s\n", ToText(found).c_str());
  HITHER_CHECK(read.ok);
  return zone;
}

std::shared_ptr<const Zone> BuildZone(const FlatZone& zone) {
  ZoneBuilder builder(zone.apex);
  for (const FlatRecord& record : zone.records) {
    builder.Add({record.owner, record.type, record.ttl_seconds, record.rdata, {}});
  }
  const BuiltZone built = builder.Build({"flat"});
  if (built.zone == nullptr) {
    for (const Finding& found : built.findings) std::fprintf(stderr, "%s\n", ToText(found).c_str());
  }
  HITHER_CHECK(built.zone != nullptr);
  return built.zone;
}

}  // namespace hither
