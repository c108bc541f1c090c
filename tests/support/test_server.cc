#include "tests/support/test_server.h"

#include <cstdio>
#include <utility>

#include "base/check.h"
#include "tests/support/reply_text.h"
#include "zones/load/zone_loader.h"

namespace hither {

std::shared_ptr<const Zone> ZoneFromText(absl::string_view apex, absl::string_view text) {
  const Name name = *Name::FromText(apex);
  LoadedZone loaded = LoadZoneText(text, std::string(apex), name);
  if (loaded.zone == nullptr) {
    for (const Finding& found : loaded.findings) {
      std::fprintf(stderr, "%s\n", ToText(found).c_str());
    }
  }
  HITHER_CHECK(loaded.zone != nullptr);
  return loaded.zone;
}

TestServer& TestServer::AddServed(const Name& apex, std::shared_ptr<const Zone> zone) {
  ServedZone served = zones_.Make(apex);
  served.zone = std::move(zone);
  zones_.Add(std::move(served));
  return *this;
}

TestServer& TestServer::Add(absl::string_view apex, absl::string_view text) {
  return AddServed(*Name::FromText(apex), ZoneFromText(apex, text));
}

TestServer& TestServer::Add(const FlatZone& zone) { return AddServed(zone.apex, BuildZone(zone)); }

TestServer& TestServer::AddBroken(absl::string_view apex) {
  return AddServed(*Name::FromText(apex), nullptr);
}

Bytes TestServer::Reply(ByteView message, const TransportFacts& facts) {
  Bytes reply(UINT16_MAX);
  reply.resize(responder_.Answer({message, reply}, facts, zones_).message_bytes);
  return reply;
}

Bytes TestServer::Reply(absl::string_view query) {
  const TestQuery asked = QueryFromText(query);
  return Reply(asked.message, asked.facts);
}

std::string TestServer::AskPacket(ByteView message, const TransportFacts& facts) {
  return ReplyToText(Reply(message, facts), message);
}

std::string TestServer::Ask(absl::string_view query) {
  const TestQuery asked = QueryFromText(query);
  return AskPacket(asked.message, asked.facts);
}

const Zone& TestServer::zone(absl::string_view apex) const {
  const ServedZone* served = zones_.FindExact(*Name::FromText(apex));
  HITHER_CHECK(served != nullptr && served->zone != nullptr);
  return *served->zone;
}

}  // namespace hither
