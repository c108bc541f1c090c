#include "anycast/signals/peer_page.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/printable.h"

namespace hither {
namespace {

constexpr size_t kTextBytesMax = 512;

// The words of the page, which two versions must share; the words on a terminal may change.
struct StateWord {
  State state;
  absl::string_view word;
};
constexpr StateWord kStateWords[] = {
    {State::kDown, "DOWN"}, {State::kDrain, "DRAIN"}, {State::kSoft, "SOFT"}, {State::kUp, "UP"}};

absl::string_view WordOf(State state) {
  for (const StateWord& known : kStateWords) {
    if (known.state == state) return known.word;
  }
  return "DOWN";
}

// Members by name, here and below, as all versions have written them.
JsonObject ToJson(const PeerPage::Standing& standing) {
  JsonObject out({{"announced", standing.announced},
                  {"state", WordOf(standing.state)},
                  {"wants_to_withdraw", standing.wants_to_withdraw}});
  if (standing.wish_since != absl::InfiniteFuture()) {
    out.Add("wish_since", absl::ToDoubleSeconds(standing.wish_since - absl::UnixEpoch()));
  }
  out.Add("yielded", standing.yielded);
  return out;
}

JsonObject ToJson(const PeerPage::Service& service) {
  JsonObject out;
  if (service.ipv4.has_value()) out.Add("ipv4", ToJson(*service.ipv4));
  if (service.ipv6.has_value()) out.Add("ipv6", ToJson(*service.ipv6));
  out.Add("name", service.name);
  return out;
}

void ReadText(JsonReader& reader, absl::string_view key, std::string& out) {
  std::string text;
  reader.ReadIfPresent(key, text);
  if (text.size() > kTextBytesMax) {
    reader.Fail(key, absl::StrCat("is longer than ", kTextBytesMax, " octets"));
  }
  out = Printable(std::move(text));
}

void ReadName(JsonReader& reader, std::string& out) {
  ReadText(reader, "name", out);
  if (out.empty()) reader.Fail("name", "is missing or empty");
}

void ReadState(JsonReader& reader, State& out) {
  std::string word;
  reader.Read("state", word);
  for (const StateWord& known : kStateWords) {
    if (known.word == word) return void(out = known.state);
  }
  reader.Fail("state", "is not a known word");
}

void ReadStanding(JsonReader& service, absl::string_view key,
                  std::optional<PeerPage::Standing>& out) {
  if (!service.Has(key)) return;
  JsonReader reader = service.Object(key);
  if (reader.object().size() == 0) return;  // The service has no such family.
  PeerPage::Standing standing;
  ReadState(reader, standing.state);
  reader.ReadIfPresent("wants_to_withdraw", standing.wants_to_withdraw);
  reader.ReadIfPresent("yielded", standing.yielded);
  reader.ReadIfPresent("announced", standing.announced);
  std::optional<double> wish_since;
  reader.ReadIfPresent("wish_since", wish_since);
  if (wish_since.has_value()) standing.wish_since = absl::UnixEpoch() + absl::Seconds(*wish_since);
  out = standing;
}

void ReadService(JsonReader& reader, PeerPage::Service& out) {
  ReadName(reader, out.name);
  ReadStanding(reader, "ipv4", out.ipv4);
  ReadStanding(reader, "ipv6", out.ipv6);
}

void ReadSeen(JsonReader& reader, PeerPage::Seen& out) {
  ReadName(reader, out.name);
  reader.ReadIfPresent("ok", out.ok);
  ReadText(reader, "detail", out.detail);
}

void ReadPage(JsonReader& reader, PeerPage& page) {
  ReadName(reader, page.name);
  ReadText(reader, "site", page.site);
  ReadText(reader, "run", page.run);
  if (reader.Has("services")) {
    for (JsonReader& one : reader.ArrayOfObjects("services", kPeerServicesMax)) {
      ReadService(one, page.services.emplace_back());
    }
  }
  if (reader.Has("sees")) {
    for (JsonReader& one : reader.ArrayOfObjects("sees", kPeerSeesMax)) {
      ReadSeen(one, page.sees.emplace_back());
    }
  }
  if (reader.Has("outside")) ReadOutside(reader.Object("outside"), page.outside);
}

}  // namespace

absl::Status WrongPeerPage(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("peer page: ", what));
}

std::string EncodePeerPage(const PeerPage& page) {
  JsonArray services;
  for (const PeerPage::Service& service : page.services) services.Add(ToJson(service));
  JsonArray sees;
  for (const PeerPage::Seen& seen : page.sees) {
    sees.Add(JsonObject({{"detail", seen.detail}, {"name", seen.name}, {"ok", seen.ok}}));
  }
  JsonObject out({{"name", page.name}});
  if (page.outside.is_present) out.Add("outside", OutsideToJson(page.outside));
  out.Add("run", page.run);
  out.Add("sees", std::move(sees));
  out.Add("services", std::move(services));
  out.Add("site", page.site);
  out.Add("version", kPeerPageVersion);
  return JsonValue(std::move(out)).Compact();
}

absl::StatusOr<PeerPage> DecodePeerPage(absl::string_view text) {
  if (text.size() > kPeerPageBytesMax) return WrongPeerPage("too long");
  const absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text);
  if (!document.ok() || !document->root().IsObject()) return WrongPeerPage("not a JSON object");
  if (document->root().MaybeAt("version").MaybeInt() != kPeerPageVersion) {
    return WrongPeerPage(absl::StrCat("not version ", kPeerPageVersion,
                                      "; run the same version of hither-anycast on all nodes"));
  }
  PeerPage page;
  absl::Status failure;
  JsonReader reader(document->root(), "", failure);
  ReadPage(reader, page);
  if (!failure.ok()) return WrongPeerPage(failure.message());
  return page;
}

}  // namespace hither
