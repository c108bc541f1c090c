// From the YAML below a zone's `notify_from:` to who may send NOTIFYs.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

constexpr absl::string_view kNotifyExample =
    "a prefix, the name of a primary, or { prefix: 192.0.2.0/24, key: k1 }";

// An entry while it is read.
struct NotifyEntry {
  NotifySource source = {};
};

void ReadNotifyPrefix(const YamlNode& node, Reading& to, NotifySource& out) {
  std::string text;
  if (!ReadText(node, "a prefix, such as 192.0.2.0/24", to, text)) return;
  const absl::StatusOr<Prefix> prefix = Prefix::FromText(text);
  if (!prefix.ok()) {
    return to.Error(node.line, absl::StrCat(to.Key(), prefix.status().message()));
  }
  if (std::ranges::find(out.prefixes, *prefix) != out.prefixes.end()) {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(text), " is repeated; keep one"));
  }
  out.prefixes.push_back(*prefix);
}

void ReadNotifyPrefixes(const YamlNode& node, Reading& to, NotifyEntry& out) {
  if (node.kind != YamlNode::kList) return ReadNotifyPrefix(node, to, out.source);
  ReadList(node, "prefixes, such as [192.0.2.0/24, \"2001:db8::/48\"]", kNotifyPrefixesMax, to,
           [&](const YamlNode& item) { ReadNotifyPrefix(item, to, out.source); });
}

void ReadNotifyPrimary(const YamlNode& node, Reading& to, NotifyEntry& out) {
  std::string name;
  if (!ReadText(node, "the name of one of primaries:", to, name)) return;
  if (CheckPrimaryName(node, name, to)) out.source.primary = std::move(name);
}

void ReadNotifyKey(const YamlNode& node, Reading& to, NotifyEntry& out) {
  NotifySource& source = out.source;
  std::string text;
  if (!ReadText(node, "the name of one of keys:, any or none", to, text)) return;
  const bool is_none = text == "none";
  const bool is_word = is_none || text == "any";
  to.key_uses.push_back({node.line, to.Key(), text, is_word});
  source.signing = NotifySource::Signing::kKey;
  if (is_word) {
    source.signing = is_none ? NotifySource::Signing::kUnsigned : NotifySource::Signing::kSigned;
    return;
  }
  source.key = std::move(text);
}

void ReadNotifyTransport(const YamlNode& node, Reading& to, NotifyEntry& out) {
  std::string text;
  if (!ReadText(node, "udp or tcp", to, text)) return;
  if (text == "tls") {
    return to.Error(node.line, absl::StrCat(to.Key(), "hitherd accepts no NOTIFYs over TLS yet, ",
                                            "whether or not the primary has 'tls'; use udp, tcp"));
  }
  if (text != "udp" && text != "tcp") {
    return to.Error(node.line, absl::StrCat(to.Key(), "there is no transport ", Quoted(text),
                                            "; choose from: udp, tcp"));
  }
  bool& takes = text == "udp" ? out.source.takes_udp : out.source.takes_tcp;
  if (takes) {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(text), " is repeated; keep one"));
  }
  takes = true;
}

void ReadNotifyTransports(const YamlNode& node, Reading& to, NotifyEntry& out) {
  out.source.takes_udp = out.source.takes_tcp = false;
  if (node.kind != YamlNode::kList) return ReadNotifyTransport(node, to, out);
  ReadList(node, "transports, such as [udp, tcp]", 2, to,
           [&](const YamlNode& item) { ReadNotifyTransport(item, to, out); });
  if (!node.children.empty()) return;
  to.Error(node.line, absl::StrCat(to.Key(), "the list is empty; give udp or tcp, or remove it"));
}

// The keys that a rule has where a client can show a certificate.
void ReadNotifyCertificate(const YamlNode& node, Reading& to, NotifyEntry&) {
  to.Error(node.line, absl::StrCat(to.Key(), "only a client over TLS shows a certificate, and ",
                                   "hitherd accepts no NOTIFYs over TLS yet; use 'key'"));
}

// clang-format off
constexpr KeyOf<NotifyEntry> kNotifyKeys[] = {
    {"prefix",    ReadNotifyPrefixes},
    {"primary",   ReadNotifyPrimary},
    {"key",       ReadNotifyKey},
    {"transport", ReadNotifyTransports},
    {"deny",      [](const YamlNode& n, Reading& to, NotifyEntry& out) { ReadBool(n, to, out.source.is_denial); }},
    {"pin",       ReadNotifyCertificate},
    {"ca_file",   ReadNotifyCertificate},
    {"host_name", ReadNotifyCertificate},
};
// clang-format on

void ReadNotifyMap(const YamlNode& node, Reading& to, NotifySource& out) {
  const size_t errors_before = to.error_count;
  NotifyEntry entry;
  ReadMap(node, kNotifyKeys, to, entry);
  out = std::move(entry.source);
  if (to.error_count != errors_before) return;
  if (out.prefixes.empty() == out.primary.empty()) {
    to.Error(node.line,
             absl::StrCat(to.Key(), out.primary.empty()
                                        ? "no 'prefix'; add prefix: 192.0.2.0/24"
                                        : "both 'prefix' and 'primary'; make two entries of it"));
  }
}

// A primary's name begins with a letter and has neither ':' nor '/'.
bool LooksLikePrefix(absl::string_view text) {
  return text.find_first_of(":/") != absl::string_view::npos || (text[0] >= '0' && text[0] <= '9');
}

void ReadNotifyWord(const YamlNode& node, Reading& to, NotifySource& out) {
  std::string text;
  if (!ReadText(node, kNotifyExample, to, text)) return;
  if (LooksLikePrefix(text)) {
    ReadNotifyPrefix(node, to, out);
  } else if (CheckPrimaryName(node, text, to)) {
    out.primary = std::move(text);
  }
}

void ReadNotifyEntry(const YamlNode& node, Reading& to, TransferPolicy& out) {
  const size_t errors_before = to.error_count;
  NotifySource source;
  if (node.kind == YamlNode::kMap) {
    ReadNotifyMap(node, to, source);
  } else {
    ReadNotifyWord(node, to, source);
  }
  if (to.error_count != errors_before) return;
  if (std::ranges::find(out.notify_from, source) != out.notify_from.end()) {
    return to.Error(node.line, absl::StrCat(to.Key(), "this entry is repeated; keep one"));
  }
  out.notify_from.push_back(std::move(source));
}

}  // namespace

void ReadNotifyFrom(const YamlNode& node, Reading& to, TransferPolicy& out) {
  ReadList(node, "a list of prefixes and names of primaries, such as [192.0.2.0/24, hidden3]",
           kNotifySourcesMax, to, [&](const YamlNode& item) { ReadNotifyEntry(item, to, out); });
}

}  // namespace hither
