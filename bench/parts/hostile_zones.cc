#include "bench/parts/hostile_zones.h"

#include <algorithm>
#include <set>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dns/name.h"

namespace hither {
namespace {

std::string Repeated(char letter, size_t labels) {
  std::string text;
  for (size_t i = 0; i < labels; ++i) absl::StrAppend(&text, std::string(1, letter), ".");
  return text;
}

// The records without signatures, and their owners.
class Writer {
 public:
  explicit Writer(const HostilePlan& plan) : plan_(plan) {
    Add("example.", "SOA", "a b 1 2 3 4 5");
    Add("example.", "NS", "a");
    Add("a.example.", "A", "192.0.2.1");
  }

  HostileZone Write() {
    zone_.text = "$ORIGIN example.\n$TTL 60\n";
    for (size_t i = 0; i < plan_.count; ++i) AddPart(i);
    zone_.names.push_back(absl::StrCat(Repeated('q', plan_.labels), "example."));
    for (const auto& [owner, type] : rrsets_) Sign(owner, type);
    if (plan_.signing == HostilePlan::kNsec) AddNsec();
    if (plan_.signing == HostilePlan::kNsec3) AddNsec3();
    zone_.text += records_;
    return std::move(zone_);
  }

 private:
  void Add(const std::string& owner, const std::string& type, const std::string& rdata) {
    absl::StrAppend(&records_, owner, " ", type, " ", rdata, "\n");
    rrsets_.insert({owner, type});
    owners_.insert(owner);
  }

  void Sign(const std::string& owner, const std::string& type) {
    if (plan_.signing == HostilePlan::kPlain) return;
    absl::StrAppend(&records_, owner, " RRSIG ", type, " 13 2 60 20300101000000 20200101000000 1 ",
                    "example. ", absl::Base64Escape(std::string(plan_.signature_bytes, 'x')), "\n");
  }

  void AddPart(size_t i);
  void AddNsec();
  void AddNsec3();
  std::string HashOf(const std::string& name) const;

  const HostilePlan plan_;
  HostileZone zone_;
  std::string records_;
  std::set<std::pair<std::string, std::string>> rrsets_;
  std::set<std::string> owners_;
};

void Writer::AddPart(size_t i) {
  const std::string number = absl::StrCat(absl::Hex(i, absl::kZeroPad3), ".");
  const size_t labels = plan_.labels;
  if (i == 0) zone_.names.push_back("x.example.");
  switch (plan_.kind) {
    case HostilePlan::kMx:
      return Add("x.example.", "MX", absl::StrCat("1 ", Repeated('m', labels), number, "example."));
    case HostilePlan::kMxShared:
      return Add("x.example.", "MX", absl::StrCat("1 ", number, Repeated('m', labels), "example."));
    case HostilePlan::kAdditional: {
      const std::string host =
          absl::StrCat(Repeated('h', labels - std::min(i, labels - 1)), "example.");
      Add("x.example.", "MX", absl::StrCat(i, " ", host));
      for (int k = 0; k < 90; ++k) Add(host, "A", absl::StrCat("10.0.0.", k));
      return;
    }
    case HostilePlan::kGlue: {
      const std::string host = absl::StrCat(number, Repeated('g', labels), "x.example.");
      Add("x.example.", "NS", host);
      return Add(host, "A", "192.0.2.1");
    }
    case HostilePlan::kCnames:
    case HostilePlan::kDnames: {
      const std::string rest =
          absl::StrCat(Repeated('c', std::min<size_t>(labels, 100)), "example.");
      const std::string owner = absl::StrCat(number, rest);
      zone_.names.push_back(owner);
      zone_.names.push_back(absl::StrCat("q.", owner));
      return Add(owner, plan_.kind == HostilePlan::kCnames ? "CNAME" : "DNAME",
                 absl::StrCat(absl::Hex(i + 1, absl::kZeroPad3), ".", rest));
    }
    case HostilePlan::kWildcards: {
      const std::string rest =
          absl::StrCat(Repeated('w', std::min<size_t>(labels, 100)), "example.");
      zone_.names.push_back(absl::StrCat("x.", number, rest));
      return Add(absl::StrCat("*.", number, rest), "CNAME",
                 absl::StrCat("x.", absl::Hex(i + 1, absl::kZeroPad3), ".", rest));
    }
    default:
      return Add("x.example.", "TXT", absl::StrCat("\"", i, std::string(labels, 't'), "\""));
  }
}

// Chains that prove nothing but cost as much as valid ones.
void Writer::AddNsec() {
  for (const std::string& owner : owners_) {
    absl::StrAppend(&records_, owner, " NSEC example. A\n");
    Sign(owner, "NSEC");
  }
}

void Writer::AddNsec3() {
  const std::string salt = plan_.salt_bytes == 0 ? "-" : std::string(2 * plan_.salt_bytes, 'a');
  absl::StrAppend(&records_, "example. NSEC3PARAM 1 0 ", plan_.iterations, " ", salt, "\n");
  std::set<std::string> names;
  for (const std::string& owner : owners_) {
    for (size_t at = 0; at < owner.size() - 8; at = owner.find('.', at) + 1) {
      names.insert(owner.substr(at));
    }
    names.insert("example.");
  }
  for (const std::string& name : names) {
    const std::string hash = HashOf(name);
    absl::StrAppend(&records_, hash, ".example. NSEC3 1 0 ", plan_.iterations, " ", salt, " ", hash,
                    " A\n");
    Sign(hash + ".example.", "NSEC3");
  }
}

std::string Writer::HashOf(const std::string& name) const {
  const Name parsed = *Name::FromText(name);
  std::string input(parsed.view().wire().begin(), parsed.view().wire().end());
  for (int i = 0; i <= plan_.iterations; ++i) {  // RFC 5155 §5
    input.append(plan_.salt_bytes, '\xaa');
    uint8_t hash[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const uint8_t*>(input.data()), input.size(), hash);
    input.assign(hash, hash + sizeof(hash));
  }
  std::string text;
  for (size_t bit = 0; bit < 160; bit += 5) {
    const auto octet = [&](size_t at) { return at < 20 ? static_cast<uint8_t>(input[at]) : 0u; };
    const unsigned pair = octet(bit / 8) << 8 | octet(bit / 8 + 1);
    text += "0123456789abcdefghijklmnopqrstuv"[pair >> (11 - bit % 8) & 31];
  }
  return text;
}

}  // namespace

HostileZone MakeHostileZone(const HostilePlan& plan) { return Writer(plan).Write(); }

std::string ToText(const HostilePlan& plan) {
  constexpr const char* kKinds[] = {"mx",     "mx-shared", "additional", "glue",
                                    "cnames", "dnames",    "wildcards",  "texts"};
  constexpr const char* kSignings[] = {"plain", "nsec", "nsec3"};
  return absl::StrCat(kKinds[plan.kind], "/", kSignings[plan.signing], " labels=", plan.labels,
                      " count=", plan.count, " rrsig=", plan.signature_bytes,
                      " iterations=", plan.iterations, " salt=", plan.salt_bytes);
}

}  // namespace hither
