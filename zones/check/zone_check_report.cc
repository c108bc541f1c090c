#include "zones/check/zone_check_report.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr Severity kError = Severity::kError;
constexpr Severity kWarning = Severity::kWarning;
constexpr Severity kNote = Severity::kNote;

// clang-format off
constexpr ZoneCheck kChecks[] = {
    {ZoneCheckId::kApexNs,                "apex-ns",                 kError,   "has no NS record at the zone's apex",              "add the zone's name servers",                          "RFC 1034 §4.2.1"},
    {ZoneCheckId::kSeveralDnames,         "several-dnames",          kError,   "has several DNAME records",                        "keep one",                                             "RFC 6672 §2.4"},
    {ZoneCheckId::kDoubledOrigin,         "doubled-origin",          kWarning, "ends in the zone's own name twice",                "end absolute names with a dot",                        "RFC 1035 §5.1"},
    {ZoneCheckId::kTargetAlias,           "target-alias",            kWarning, "names an alias",                                   "name the host that the alias stands for",              "RFC 2181 §10.3, RFC 2782"},
    {ZoneCheckId::kTargetAddress,         "target-address",          kWarning, "names a host of this zone that has no address",    "add its A or AAAA record, or correct the name",           "RFC 1912 §2.5, §2.8"},
    {ZoneCheckId::kTargetIsAddress,       "target-is-address",       kWarning,  "names an address instead of a host", "name a host, and give it the address", "RFC 1035 §3.3.9, §3.3.11"},
    {ZoneCheckId::kMailboxAt,             "mailbox-at",              kWarning,  "has an @ in a mailbox, which is written as a domain name", "write a dot for the @, as in hostmaster.example.org.", "RFC 1035 §8"},
    {ZoneCheckId::kGlueMissing,           "glue-missing",            kWarning, "names a host below the delegation without glue",   "add its A or AAAA record here, too",                   "RFC 1034 §4.2.1, RFC 9471 §2.1"},
    {ZoneCheckId::kDataAtCut,             "data-at-cut",             kWarning, "is at a delegation and is never an answer",        "move it to the delegated zone",                        "RFC 1034 §4.2.1"},
    {ZoneCheckId::kDataBelowCut,          "data-below-cut",          kWarning, "is below a delegation and is never an answer",     "move it to the delegated zone",                        "RFC 1034 §4.2.1"},
    {ZoneCheckId::kDataBelowDname,        "data-below-dname",        kWarning, "is below a DNAME and is never an answer",          "remove it or the DNAME",                               "RFC 6672 §2.4"},
    {ZoneCheckId::kDsWithoutNs,           "ds-without-ns",           kWarning, "is not at a delegation",                           "add the delegation's NS records or remove it",         "RFC 4035 §2.4"},
    {ZoneCheckId::kWildcardNs,            "wildcard-ns",             kWarning, "delegates at a wildcard, which is not defined",    "delegate each name separately",                        "RFC 4592 §4.2"},
    {ZoneCheckId::kWildcardDname,         "wildcard-dname",          kWarning, "is a DNAME at a wildcard, which is not defined",   "give each name a DNAME of its own",                    "RFC 4592 §4.4"},
    {ZoneCheckId::kAliasModeParameters,   "alias-mode-parameters",   kWarning, "has parameters in AliasMode (priority 0), which clients ignore", "remove them, or give a priority above 0",  "RFC 9460 §2.4.2"},
    {ZoneCheckId::kHiddenFromWildcard,    "hidden-from-wildcard",    kNote,     "exists only because of names below it, and hides itself and those from the wildcard beside it", "give it records if it should have some", "RFC 4592 §2.2.2, §3.3.1"},
    {ZoneCheckId::kRrsetTooLarge,         "rrset-too-large",         kWarning, "does not fit a DNS message and can never be an answer", "split it",                                        "RFC 1035 §4.2.2"},
    {ZoneCheckId::kSignedWithoutDnskey,   "signed-without-dnskey",   kWarning, "is signed without DNSKEY",                         "add the keys, or remove the signatures",               "RFC 4035 §2.1"},
    {ZoneCheckId::kSignedWithoutDenial,   "signed-without-denial",   kWarning, "is signed without NSEC or a usable NSEC3 chain",    "sign the zone again, as a whole",                      "RFC 4035 §2.3, RFC 5155 §4"},
    {ZoneCheckId::kKeyTagShared,          "key-tag-shared",          kWarning,  "has two keys with one key tag, so that validators try both", "replace one of them", "RFC 4034 §8"},
    {ZoneCheckId::kUnsignedRrset,         "unsigned-rrset",          kWarning, "has no RRSIG in a signed zone",                    "sign the zone again",                                  "RFC 4035 §2.2"},
    {ZoneCheckId::kSignatureWithoutRrset, "signature-without-rrset", kWarning, "signs records that do not exist",                  "sign the zone again",                                  "RFC 4035 §2.2"},
    {ZoneCheckId::kForeignSigner,         "foreign-signer",          kWarning, "has a signer other than this zone",                "sign the zone again, with its own name",               "RFC 4035 §2.2"},
    {ZoneCheckId::kSignatureExpired,      "signature-expired",       kWarning,  "has expired", "sign the zone again", "RFC 4035 §5.3.1"},
    {ZoneCheckId::kSignatureEarly,        "signature-not-yet-valid", kWarning,  "is not valid yet", "check the signer's clock, or publish the zone later", "RFC 4035 §5.3.1"},
    {ZoneCheckId::kSignatureExpiring,     "signature-expiring",      kWarning,  "expires soon (--expires-in)", "sign the zone again before that", "RFC 4035 §5.3.1"},
    {ZoneCheckId::kSignatureKeyMissing,   "signature-key-missing",   kWarning,  "is by a key that is not in the zone's DNSKEY RRset", "publish the key, or sign the zone again", "RFC 4035 §5.3.1"},
    {ZoneCheckId::kSignatureInvalid,      "signature-invalid",       kWarning,  "does not verify: the records or the signature were changed after signing", "sign the zone again", "RFC 4035 §5.3.3"},
    {ZoneCheckId::kSignatureUnverified,   "signature-unverified",    kNote,     "is not supported: not verified", "prefer algorithm 13 (ECDSA P-256) or 15 (Ed25519)", "RFC 8624 §3.1"},
    {ZoneCheckId::kNsecMissing,           "nsec-missing",            kWarning, "has no NSEC",                                      "sign the zone again",                                  "RFC 4035 §2.3"},
    {ZoneCheckId::kNsecChain,             "nsec-chain",              kWarning, "does not name the zone's next name",               "sign the zone again",                                  "RFC 4034 §4.1.1"},
    {ZoneCheckId::kDenialTypes,           "denial-types",            kWarning, "does not list exactly the types at its name",      "sign the zone again",                                  "RFC 4034 §4.1.2, RFC 5155 §7.1"},
    {ZoneCheckId::kNsec3Missing,          "nsec3-missing",           kWarning, "has no NSEC3",                                     "sign the zone again",                                  "RFC 5155 §7.1"},
    {ZoneCheckId::kNsec3Chain,            "nsec3-chain",             kWarning, "does not name the chain's next hash",              "sign the zone again",                                  "RFC 5155 §7.1"},
    {ZoneCheckId::kNsec3Owner,            "nsec3-owner",             kWarning, "is at a name that is not a hash directly below the apex; it denies nothing", "sign the zone again",       "RFC 5155 §3"},
    {ZoneCheckId::kSeveralNsec3Params,    "several-nsec3params",     kWarning, "has several NSEC3PARAM records; one chain is used", "remove the old chain once the new one is complete",   "RFC 5155 §7.3"},
    {ZoneCheckId::kNsec3Algorithm,        "nsec3-algorithm",         kWarning, "has a hash algorithm other than SHA-1 (1)",        "sign the zone again with algorithm 1",                 "RFC 5155 §11"},
    {ZoneCheckId::kNsec3Iterations,       "nsec3-iterations",        kWarning, "has iterations: they protect nothing, and some validators treat the zone as unsigned", "sign again with 0 iterations",  "RFC 9276 §3.1"},
    {ZoneCheckId::kNsec3IterationsLimit,  "nsec3-iterations-limit",  kError,   "has too many iterations, or too long a salt for so many", "sign again with 0 iterations and no salt (limits: nsec3_iterations_max)", "RFC 9276 §3.2"},
    {ZoneCheckId::kZonemdMismatch,        "zonemd-mismatch",         kError,   "does not verify: the zone is damaged or was edited after it was digested", "fetch it again or renew its ZONEMD", "RFC 8976 §4"},
    {ZoneCheckId::kZonemdSerial,          "zonemd-serial",           kError,   "has another serial than the SOA: the zone was edited after it was digested", "compute its digest again", "RFC 8976 §4"},
    {ZoneCheckId::kZonemdRepeated,        "zonemd-repeated",         kError,   "repeats a scheme and hash, so that no record of that kind counts", "keep one record of each kind", "RFC 8976 §2.2.4"},
    {ZoneCheckId::kZonemdPlaceholder,     "zonemd-placeholder",      kWarning, "has a digest of zeros, a placeholder: not verified", "compute the digest once the zone is complete",         "RFC 8976 §3.1"},
    {ZoneCheckId::kZonemdUnsupported,     "zonemd-unsupported",      kWarning, "has no supported scheme and hash: not verified",    "use scheme 1 with hash 1 (SHA-384) or 2 (SHA-512)",   "RFC 8976 §4"},
};
// clang-format on

static_assert(std::size(kChecks) == kZoneCheckCount);
constexpr bool IdsRise() {
  for (size_t i = 0; i < kZoneCheckCount; ++i) {
    if (static_cast<size_t>(kChecks[i].id) != i) return false;
  }
  return true;
}
static_assert(IdsRise());

}  // namespace

std::span<const ZoneCheck> ZoneChecks() { return kChecks; }

void CheckReport::Add(ZoneCheckId id, NodeId node, RrType type, absl::string_view subject,
                      NameView target) {
  const auto index = static_cast<size_t>(id);
  if (++counts_[index] > kFindingsPerCheckMax) return;
  const ZoneCheck& check = kChecks[index];
  const bool is_nsec3 = node >= zone_.names_end();
  const Location place = places_.PlaceOf(zone_.NameOf(node), is_nsec3, type, target);
  findings_.push_back(
      {.severity = check.severity,
       .file = place.file < files_.size() ? files_[place.file] : "",
       .line = place.line,
       .text = absl::StrCat(subject, " ", check.what, "; ", check.remedy, " (", check.rfc, ")"),
       .check = check.name});
}

std::vector<Finding> CheckReport::Take() {
  std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.file, a.line) < std::tie(b.file, b.line);
  });
  for (const ZoneCheck& check : kChecks) {
    const uint64_t count = counts_[static_cast<size_t>(check.id)];
    if (count <= kFindingsPerCheckMax) continue;
    findings_.push_back(
        {.severity = check.severity,
         .file = files_.empty() ? "" : files_[0],
         .line = 0,
         .text = absl::StrCat("and ", count - kFindingsPerCheckMax, " more findings of ",
                              check.name, "; see those above"),
         .check = check.name});
  }
  return std::move(findings_);
}

}  // namespace hither
