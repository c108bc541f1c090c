#ifndef HITHER_TESTS_SUPPORT_TEST_SERVER_H_
#define HITHER_TESTS_SUPPORT_TEST_SERVER_H_

#include <initializer_list>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "server/answer/counters.h"
#include "server/answer/responder.h"
#include "tests/support/flat_zone.h"
#include "tests/support/query_text.h"
#include "zones/set/zone_set.h"

namespace hither {

// A Responder with zones from text, asked in text. Aborts on a zone that does not load: the test
// is wrong then.
class TestServer {
 public:
  struct ZoneText {
    absl::string_view apex;
    absl::string_view text;
  };
  explicit TestServer(const ResponderOptions& options = {}) : responder_(options, counters_) {}
  explicit TestServer(std::initializer_list<ZoneText> zones, const ResponderOptions& options = {})
      : TestServer(options) {
    for (const ZoneText& zone : zones) Add(zone.apex, zone.text);
  }

  // `text` is a zone file. Relative names end in `apex`.
  TestServer& Add(absl::string_view apex, absl::string_view text);
  TestServer& Add(const FlatZone& zone);
  // A zone that is configured but could not be loaded.
  TestServer& AddBroken(absl::string_view apex);

  // The reply to a query of QueryFromText(), as ReplyToText() has it.
  std::string Ask(absl::string_view query);
  std::string AskPacket(ByteView message, const TransportFacts& facts = {});
  Bytes Reply(ByteView message, const TransportFacts& facts = {});
  Bytes Reply(absl::string_view query);

  const Counters& counters() const { return counters_; }
  const Zone& zone(absl::string_view apex) const;

 private:
  TestServer& AddServed(const Name& apex, std::shared_ptr<const Zone> zone);

  Counters counters_;
  Responder responder_;
  ZoneSet zones_;
};

// Also for tests without a server. The zone must be free of errors; warnings are accepted.
std::shared_ptr<const Zone> ZoneFromText(absl::string_view apex, absl::string_view text);

}  // namespace hither

#endif  // HITHER_TESTS_SUPPORT_TEST_SERVER_H_
