// The checks of names in records: mistakes in how they were written.

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "dns/rdata.h"
#include "zones/check/zone_check.h"
#include "zones/check/zone_check_report.h"

namespace hither {
namespace {

// Types whose names a person writes, and may forget the final dot of.
bool HasWrittenNames(RrType type) {
  switch (type) {
    case RrType::kRrsig:
    case RrType::kNsec:
    case RrType::kSig:
    case RrType::kNxt:
      return false;
    default:
      return NamesOf(type).names > 0;
  }
}

// RFC 3403 §4.1: after order, preference and three strings.
NameView ReplacementOf(ByteView naptr) {
  ByteReader reader(naptr);
  reader.U32();
  for (int i = 0; i < 3; ++i) reader.Take(reader.U8());
  return NameView(reader.rest());
}

bool IsOctetNumber(ByteView label) {
  uint32_t value = 0;
  for (const uint8_t octet : label) {
    if (!absl::ascii_isdigit(octet)) return false;
    value = 10 * value + (octet - '0');
  }
  return !label.empty() && label.size() <= 3 && value <= 255;
}

// "2001:db8::1" is one label.
bool IsIpv6Text(ByteView label) {
  return std::ranges::count(label, ':') >= 2 && std::ranges::all_of(label, [](uint8_t octet) {
           return octet == ':' || absl::ascii_isxdigit(octet);
         });
}

// Which of a record's names is a mailbox: RFC 1035 §3.3.13, §3.3.7, RFC 1183 §2.2.
size_t MailboxOf(RrType type) {
  if (type == RrType::kSoa) return 1;
  return type == RrType::kRp || type == RrType::kMinfo ? 0 : SIZE_MAX;
}

// Has the name's first label an @, as a mailbox has that is written for people?
bool HasAt(NameView mailbox) {
  return std::ranges::find(mailbox.first_label(), '@') != mailbox.first_label().end();
}

}  // namespace

NameChecker::NameChecker(const Zone& zone, CheckReport& report) : zone_(zone), report_(report) {
  has_doubled_ =
      zone.apex_labels() >= 2 && Name::ReplaceSuffix(zone.apex(), 0, zone.apex(), doubled_);
}

bool NameChecker::IsDoubled(NameView name) const {
  return has_doubled_ && name.size() >= doubled_.view().size() && name.IsAtOrBelow(doubled_);
}

bool NameChecker::IsAddress(NameView name) const {
  if (name.IsRoot()) return false;
  const uint8_t first = name.first_label()[0];  // Of almost all hosts it ends the check.
  if (!absl::ascii_isxdigit(first) && first != ':') return false;
  if (IsIpv6Text(name.first_label())) return true;
  if (!IsOctetNumber(name.first_label())) return false;
  size_t labels = name.label_count();
  if (name.IsAtOrBelow(zone_.apex())) labels -= zone_.apex_labels();
  if (labels != 4) return false;
  for (; labels > 0; --labels, name = name.Parent()) {
    if (!IsOctetNumber(name.first_label())) return false;
  }
  return true;
}

// One lookup finds all such owners, because they are below one node.
void NameChecker::CheckOwners() {
  const NodeId top = has_doubled_ ? zone_.FindNode(doubled_) : kNoNode;
  if (top == kNoNode) return;
  for (NodeId node = top; node < zone_.names_end(); node = zone_.Next(node)) {
    if (!zone_.NameOf(node).IsAtOrBelow(doubled_)) break;
    if (zone_.node(node).rrset_count == 0) continue;
    report_.Add(ZoneCheckId::kDoubledOrigin, node, zone_.RRsetsOf(node)[0].type,
                zone_.NameOf(node).ToText());
  }
}

void NameChecker::CheckName(NodeId node, RrType type, NameView name) {
  const auto found = [&](ZoneCheckId check) {
    report_.Add(
        check, node, type,
        absl::StrCat(zone_.NameOf(node).ToText(), " ", TypeToText(type), " ", name.ToText()), name);
  };
  if (IsDoubled(name)) found(ZoneCheckId::kDoubledOrigin);
  const bool names_host = type == RrType::kNs || type == RrType::kMx || type == RrType::kSrv;
  if (names_host && IsAddress(name)) found(ZoneCheckId::kTargetIsAddress);
}

void NameChecker::CheckRecordsAt(NodeId node) {
  for (const RRset& rrset : zone_.RRsetsOf(node)) {
    const RrType type = rrset.type;
    const size_t names = HasWrittenNames(type) ? NamesOf(type).names : 0;
    const size_t mailbox = MailboxOf(type);
    if (names == 0 && type != RrType::kNaptr) continue;
    for (const ByteView rdata : rrset.Records()) {
      if (type == RrType::kNaptr) CheckName(node, type, ReplacementOf(rdata));
      for (size_t i = 0; i < names; ++i) {
        const NameView name = NameInRdata(type, rdata, i);
        CheckName(node, type, name);
        if (i != mailbox || !HasAt(name)) continue;
        report_.Add(
            ZoneCheckId::kMailboxAt, node, type,
            absl::StrCat(zone_.NameOf(node).ToText(), " ", TypeToText(type), " ", name.ToText()));
      }
    }
  }
}

}  // namespace hither
