// Every small zone, every question: the model (model.h) and the Responder must agree on rcode, AA
// and each section as a set of records.

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "gtest/gtest.h"
#include "server/answer/counters.h"
#include "server/answer/responder.h"
#include "tests/model/model.h"
#include "tests/support/reply_parser.h"
#include "zones/image/zone_builder.h"
#include "zones/set/zone_set.h"

namespace hither {
namespace {

using model::Labels;

const Labels kApexName = "z";

// What a name may own. A "*" with NS is left out: RFC 4592 §4.2 leaves open what it means.
enum class Kind { kAddress, kText, kCut, kCnameNext, kCnameX, kCnameOut, kDnameNext, kDnameOut };
const std::vector<Kind> kAllKinds = {Kind::kAddress,   Kind::kText,    Kind::kCut,
                                     Kind::kCnameNext, Kind::kCnameX,  Kind::kCnameOut,
                                     Kind::kDnameNext, Kind::kDnameOut};
const std::vector<Kind> kNoText = {Kind::kAddress, Kind::kCut,      Kind::kCnameNext,
                                   Kind::kCnameX,  Kind::kCnameOut, Kind::kDnameNext,
                                   Kind::kDnameOut};
const std::vector<Kind> kFewKinds = {Kind::kAddress, Kind::kCut, Kind::kCnameNext,
                                     Kind::kDnameNext};

const std::vector<RrType> kAllTypes = {RrType::kA,  RrType::kNs,  RrType::kCname, RrType::kDname,
                                       RrType::kDs, RrType::kTxt, RrType::kAny};
const std::vector<RrType> kFewTypes = {RrType::kA, RrType::kDname, RrType::kDs, RrType::kAny};

// Under a sanitizer, which is slow, each 16th zone: memory is its matter there, not the answers.
#ifdef HITHER_IS_SANITIZED
constexpr size_t kEachZone = 16;
#else
constexpr size_t kEachZone = 1;
#endif

// All names of one to `depth` labels of {a, b, *} below the apex.
std::vector<Labels> Names(int depth) {
  std::vector<Labels> names = {kApexName};
  size_t level = 0;
  for (int i = 0; i < depth; ++i) {
    const size_t end = names.size();
    for (size_t at = level; at < end; ++at) {
      for (const char label : {'a', 'b', '*'}) names.push_back(names[at] + label);
    }
    level = end;
  }
  names.erase(names.begin());
  return names;
}

void AddKind(Kind kind, const Labels& owner, const Labels& next, model::Zone& zone) {
  const Labels out = "o";
  const Labels below = owner + "x";
  switch (kind) {
    case Kind::kAddress:
      zone.records.push_back({owner, RrType::kA, {}, "\xc0\x00\x02\x01"});
      break;
    case Kind::kText:
      zone.records.push_back({owner, RrType::kTxt, {}, "\x01t"});
      break;
    case Kind::kCut:  // With glue below it, and a name server elsewhere.
      zone.records.push_back({owner, RrType::kNs, below, ""});
      zone.records.push_back({owner, RrType::kNs, next, ""});
      zone.records.push_back({below, RrType::kA, {}, "\xc0\x00\x02\x02"});
      break;
    case Kind::kCnameNext:
      zone.records.push_back({owner, RrType::kCname, next, ""});
      break;
    case Kind::kCnameX:
      zone.records.push_back({owner, RrType::kCname, "zax", ""});
      break;
    case Kind::kCnameOut:
      zone.records.push_back({owner, RrType::kCname, out, ""});
      break;
    case Kind::kDnameNext:
      zone.records.push_back({owner, RrType::kDname, next, ""});
      break;
    case Kind::kDnameOut:
      zone.records.push_back({owner, RrType::kDname, out, ""});
      break;
  }
}

std::string Wire(const Labels& name) {
  std::string wire;
  for (auto label = name.rbegin(); label != name.rend(); ++label) {
    wire += '\1';
    wire += *label;
  }
  return wire + '\0';
}

Labels FromWire(const std::string& wire) {
  Labels labels;
  for (size_t at = 0; at + 1 < wire.size(); at += 2) labels.insert(labels.begin(), wire[at + 1]);
  return labels;
}

bool HasTarget(RrType type) {
  return type == RrType::kNs || type == RrType::kCname || type == RrType::kDname;
}

model::Zone WithApex() {
  std::string soa = Wire("za") + Wire("z");
  soa.append(20, '\1');
  return {kApexName, {{kApexName, RrType::kSoa, {}, soa}, {kApexName, RrType::kNs, "za", ""}}};
}

ZoneSet Publish(const model::Zone& zone) {
  const auto name = [](const std::string& wire) { return NameView(AsBytes(wire)); };
  const std::string apex = Wire(zone.apex);
  ZoneBuilder builder(name(apex));
  for (const model::Record& record : zone.records) {
    const std::string owner = Wire(record.owner);
    const std::string rdata = HasTarget(record.type) ? Wire(record.target) : record.data;
    builder.Add({name(owner), record.type, 60, AsBytes(rdata), {}});
  }
  ZoneSet zones;
  ServedZone served = zones.Make(name(apex));
  served.zone = builder.Build({}).zone;
  HITHER_CHECK(served.zone != nullptr);
  zones.Add(std::move(served));
  return zones;
}

model::Answer ToAnswer(const ParsedMessage& reply) {
  model::Answer answer;
  const int rcode = reply.flags & 15;
  answer.rcode = rcode == 0 ? "NOERROR" : rcode == 3 ? "NXDOMAIN" : absl::StrCat(rcode);
  answer.authoritative = (reply.flags & 0x0400) != 0;
  for (int i = 0; i < 3; ++i) {
    std::vector<model::Record>& section = answer.sections[i];
    for (const ParsedRecord& record : reply.sections[i]) {
      const auto type = static_cast<RrType>(record.type);
      const Labels target = HasTarget(type) ? FromWire(record.rdata) : "";
      const std::string data = HasTarget(type) ? "" : record.rdata;
      section.push_back({FromWire(record.owner), type, target, data});
    }
    std::sort(section.begin(), section.end());  // A record that stands there twice stays twice.
  }
  return answer;
}

// ANY: of the RRsets that the model offers, one whole.
void TakeOneRRset(const model::Answer& want, model::Answer& got) {
  if (got.sections[0].empty()) return;
  const RrType type = got.sections[0].begin()->type;
  std::vector<model::Record> rrset;
  for (const model::Record& record : want.sections[0]) {
    if (record.type == type) rrset.push_back(record);
  }
  if (got.sections[0] == rrset) got.sections[0] = want.sections[0];
  got.sections[2].clear();  // What belongs to NS is a courtesy.
}

class Judge {
 public:
  explicit Judge(std::vector<RrType> types)
      : types_(std::move(types)), responder_({}, counters_), reply_(UINT16_MAX) {}

  // False, and a failure, at the first answer that is not the model's.
  bool AgreesOn(const model::Zone& zone, const std::vector<Labels>& questions) {
    ++zones_;
    const ZoneSet published = Publish(zone);
    for (const Labels& qname : questions) {
      for (const RrType qtype : types_) {
        ++questions_;
        model::Answer got = Ask(published, qname, qtype);
        const model::Answer want = model::Ask(zone, qname, qtype);
        if (qtype == RrType::kAny) TakeOneRRset(want, got);
        if (got.rcode == want.rcode && got.authoritative == want.authoritative &&
            got.sections == want.sections) {
          continue;
        }
        ADD_FAILURE() << ToText(zone) << "asked for " << model::NameToText(qname) << " "
                      << TypeToText(qtype) << "\nmodel:  " << ToText(want)
                      << "\nhither: " << ToText(got);
        return false;
      }
    }
    return true;
  }

  void PrintCounts() const { std::printf("%zu zones, %zu questions\n", zones_, questions_); }
  size_t questions() const { return questions_; }

 private:
  model::Answer Ask(const ZoneSet& zones, const Labels& qname, RrType qtype) {
    Bytes query;
    ByteWriter writer(query);
    for (const int field : {1, 0, 1, 0, 0, 0}) writer.U16(static_cast<uint16_t>(field));
    writer.Append(AsBytes(Wire(qname)));
    writer.U16(static_cast<uint16_t>(qtype));
    writer.U16(1);
    // TCP: nothing is truncated, whatever the chain.
    const size_t bytes =
        responder_.Answer({query, reply_}, {Transport::kTcp, {}}, zones).message_bytes;
    const ParsedMessage parsed = ParseMessage(ByteView(reply_).first(bytes));
    EXPECT_EQ(parsed.error, "");
    return ToAnswer(parsed);
  }

  const std::vector<RrType> types_;
  Counters counters_;
  Responder responder_;
  Bytes reply_;
  size_t zones_ = 0;
  size_t questions_ = 0;
};

// Each name that the zone knows; below each a label that it does not know, at one and at two
// levels; and below each "*". More names would only ask the same again.
std::vector<Labels> Questions(const model::Zone& zone) {
  std::set<Labels> known;
  for (const model::Record& record : zone.records) {
    for (Labels name = record.owner; name.size() >= zone.apex.size(); name.pop_back()) {
      known.insert(name);
    }
  }
  std::set<Labels> questions = known;
  for (const Labels& name : known) {
    for (const char* below : {"q", "qq", "*"}) questions.insert(name + below);
  }
  return {questions.begin(), questions.end()};
}

// Runs over all zones of exactly `count` of `names`, each with each of `kinds`.
class AllZones {
 public:
  AllZones(std::vector<Labels> names, std::vector<Kind> kinds, Judge& judge)
      : names_(std::move(names)), kinds_(std::move(kinds)), judge_(judge) {}

  bool Run(size_t count) { return Choose(0, count); }

 private:
  bool Choose(size_t from, size_t left) {
    if (left == 0) return Assign(0, {});
    for (size_t i = from; i + left <= names_.size(); ++i) {
      chosen_.push_back(names_[i]);
      if (!Choose(i + 1, left - 1)) return false;
      chosen_.pop_back();
    }
    return true;
  }

  bool Assign(size_t at, std::vector<Kind> given) {
    if (at == chosen_.size()) return Check(given);
    for (const Kind kind : kinds_) {
      if (kind == Kind::kCut && chosen_[at].back() == '*') continue;
      given.push_back(kind);
      if (!Assign(at + 1, given)) return false;
      given.pop_back();
    }
    return true;
  }

  bool Check(const std::vector<Kind>& given) {
    if (++seen_ % kEachZone != 0) return true;
    model::Zone zone = WithApex();
    for (size_t i = 0; i < chosen_.size(); ++i) {
      AddKind(given[i], chosen_[i], chosen_[(i + 1) % chosen_.size()], zone);
    }
    return judge_.AgreesOn(zone, Questions(zone));
  }

  const std::vector<Labels> names_;
  const std::vector<Kind> kinds_;
  Judge& judge_;
  std::vector<Labels> chosen_;
  size_t seen_ = 0;
};

struct Case {
  const char* name;
  size_t names;
  int depth;
  const std::vector<Kind>& kinds;
  const std::vector<RrType>& types;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Exhaustive : public testing::TestWithParam<Case> {};

TEST_P(Exhaustive, ModelAgrees) {
  Judge judge(GetParam().types);
  AllZones all(Names(GetParam().depth), GetParam().kinds, judge);
  EXPECT_TRUE(all.Run(GetParam().names));
  judge.PrintCounts();
  EXPECT_GT(judge.questions(), 1'000u);
}

const Case kCases[] = {
    {"OneNameThreeDeep", 1, 3, kAllKinds, kAllTypes},
    {"TwoNamesThreeDeep", 2, 3, kAllKinds, kAllTypes},
    {"ThreeNamesTwoDeep", 3, 2, kNoText, kAllTypes},
    {"FourNamesTwoDeep", 4, 2, kFewKinds, kFewTypes},
};
INSTANTIATE_TEST_SUITE_P(Zones, Exhaustive, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hither
