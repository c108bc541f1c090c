// From the YAML below `zones:` to ZoneSources.

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/nearest.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

// One of many: separate from the tables, so that a million of them cost one scan each.
struct ZoneEntry {
  const YamlNode* name = nullptr;
  const YamlNode* file = nullptr;
  const YamlNode* image = nullptr;
  const YamlNode* list = nullptr;
  const YamlNode* folder = nullptr;
  const YamlNode* pattern = nullptr;
  ZoneTransferKeys transfer = {};  // `primaries` and what is beside it.
};

bool HasOnly(const ZoneEntry& entry, const YamlNode* ZoneEntry::*key) {
  ZoneEntry only;
  only.*key = entry.*key;
  if (key == &ZoneEntry::folder) only.pattern = entry.pattern;
  if (key == &ZoneEntry::list) only.transfer = entry.transfer;
  return entry.name == only.name && entry.file == only.file && entry.image == only.image &&
         entry.list == only.list && entry.folder == only.folder && entry.pattern == only.pattern &&
         entry.transfer == only.transfer;
}

// False: an error was reported.
bool CheckTransferKeys(const ZoneTransferKeys& keys, Reading& to) {
  const auto is_primaries = [](const auto& pair) { return pair.first->text == "primaries"; };
  if (keys.empty() || std::ranges::any_of(keys, is_primaries)) return true;
  const YamlNode& first = *keys.front().first;
  to.Error(first.line, absl::StrCat("'", first.text, "' without 'primaries'; add primaries: ",
                                    "[NAME], or remove it"));
  return false;
}

// A zone comes either from a file or from primaries.
void CheckZoneOrigin(const ZoneEntry& entry, uint32_t line, Reading& to) {
  const bool has_file = entry.file != nullptr || entry.image != nullptr;
  if (entry.transfer.empty()) {
    if (!has_file) to.Error(line, "zone without 'file'; add file: example.org.zone");
  } else if (CheckTransferKeys(entry.transfer, to) && has_file) {
    to.Error(line,
             "zone with 'primaries' and a file; remove 'file' and 'image' to transfer it, or "
             "'primaries' to read the file");
  }
}

// False: an error was reported.
bool CheckZoneKeys(const ZoneEntry& entry, uint32_t line, Reading& to) {
  const size_t errors_before = to.error_count;
  if (entry.folder != nullptr) {
    if (HasOnly(entry, &ZoneEntry::folder)) return true;
    to.Error(line,
             "'folder' beside other keys; make it a separate entry, as in - { folder: zones, "
             "pattern: \"*.zone\" }");
    return false;
  }
  if (entry.pattern != nullptr) {
    to.Error(line, "'pattern' without 'folder'; add folder: zones");
    return false;
  }
  if (entry.list != nullptr) {
    if (HasOnly(entry, &ZoneEntry::list)) return CheckTransferKeys(entry.transfer, to);
    to.Error(line,
             "'list' beside other keys; make it a separate entry, as in - { list: zones.txt }");
    return false;
  }
  if (entry.name == nullptr) to.Error(line, "zone without 'name'; add name: example.org");
  CheckZoneOrigin(entry, line, to);
  return to.error_count == errors_before;
}

constexpr std::pair<absl::string_view, const YamlNode * ZoneEntry::*> kZoneKeys[] = {
    {"name", &ZoneEntry::name}, {"file", &ZoneEntry::file},     {"image", &ZoneEntry::image},
    {"list", &ZoneEntry::list}, {"folder", &ZoneEntry::folder}, {"pattern", &ZoneEntry::pattern},
};

std::string UnknownZoneKey(absl::string_view key) {
  std::vector<absl::string_view> known;
  for (const auto& [name, member] : kZoneKeys) known.push_back(name);
  for (const absl::string_view name : ZoneTransferKeyNames()) known.push_back(name);
  return absl::StrCat("unknown key ", Quoted(key), SuggestWord(key, known));
}

bool FindZoneKeys(const YamlNode& node, Reading& to, ZoneEntry& entry) {
  if (!ExpectKind(node, YamlNode::kMap, "{ name: example.org, file: example.org.zone }", to)) {
    return false;
  }
  ReadPairs(node, to, [&](const YamlNode& key, const YamlNode& value) {
    for (const auto& [name, member] : kZoneKeys) {
      if (key.text != name) continue;
      entry.*member = &value;
      return;
    }
    if (IsZoneTransferKey(key.text)) {
      entry.transfer.emplace_back(&key, &value);
    } else {
      to.Error(key.line, UnknownZoneKey(key.text));
    }
  });
  return CheckZoneKeys(entry, node.line, to);
}

// Adds zones that have the policy of this number.
class TransferredZones {
 public:
  TransferredZones(uint32_t policy, Reading& to, ZoneCollector& zones)
      : policy_(policy), to_(to), zones_(zones) {}

  absl::Status Add(uint32_t line, NameView name) {
    const uint32_t zones_max = to_.config.transfers.zones_max;
    if (to_.transferred == zones_max) {
      return absl::ResourceExhaustedError(
          absl::StrCat("over ", zones_max, " zones with primaries; raise transfers.zones_max, or ",
                       "move some to another server"));
    }
    if (absl::Status kept = CheckKept(name); !kept.ok()) return kept;
    const absl::Status added = zones_.AddTransferred(line, name, policy_);
    if (added.ok()) ++to_.transferred;
    return added;
  }

 private:
  // RRsets to be kept must be able to be in the zone.
  absl::Status CheckKept(NameView zone) const {
    for (const KeptRrset& kept : to_.config.transfer_policies[policy_].gates.keep_rrsets) {
      if (!kept.owner.has_value() || kept.owner->view().IsAtOrBelow(zone)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("keep_rrsets of zone ", zone.ToText(), " names ", kept.owner->ToText(),
                       ", which is not in the zone; correct or remove it"));
    }
    return absl::OkStatus();
  }

  const uint32_t policy_;
  Reading& to_;
  ZoneCollector& zones_;
};

void AddTransferred(const ZoneEntry& entry, NameView name, Reading& to, ZoneCollector& zones) {
  const uint32_t line = entry.name->line;
  const std::optional<uint32_t> policy = ReadTransferPolicy(entry.transfer, line, to);
  if (!policy.has_value()) return;
  const absl::Status added = TransferredZones(*policy, to, zones).Add(line, name);
  if (!added.ok()) to.Error(line, added);
}

void ReadZone(const ZoneEntry& entry, Reading& to, ZoneCollector& zones) {
  std::string name_text;
  std::string file;
  std::string image;
  if (!ReadText(*entry.name, "the zone's name, such as example.org", to, name_text)) return;
  if (entry.file != nullptr && !ReadText(*entry.file, "the path of its zone file", to, file))
    return;
  if (entry.image != nullptr && !ReadText(*entry.image, "the path of a zone image", to, image)) {
    return;
  }
  const absl::StatusOr<Name> name = Name::FromText(name_text);
  if (!name.ok()) {
    to.Error(entry.name->line,
             absl::StrCat("zone name ", Quoted(name_text), ": ", name.status().message()));
    return;
  }
  if (!entry.transfer.empty()) return AddTransferred(entry, *name, to, zones);
  const uint32_t line = entry.name->line;
  const absl::Status added =
      image.empty()  ? zones.Add(line, *name, file, ZoneSource::Kind::kText)
      : file.empty() ? zones.Add(line, *name, image, ZoneSource::Kind::kImage)
                     : zones.Add(line, *name, file, ZoneSource::Kind::kTextOrImage, image);
  if (!added.ok()) to.Error(entry.name->line, added);
}

// A list's zones are added to the entries, and its errors to their errors.
class ListToConfig : public ZoneListSink {
 public:
  // `policy`: of all zones, if they have primaries.
  ListToConfig(std::string path, uint32_t our_line, std::optional<uint32_t> policy, Reading& to,
               ZoneCollector& zones)
      : path_(std::move(path)), our_line_(our_line), policy_(policy), to_(to), zones_(zones) {}

  bool HasFiles() const override { return !policy_.has_value(); }
  bool OnZone(uint32_t line, NameView name, absl::string_view file) override {
    const absl::Status added = policy_.has_value()
                                   ? TransferredZones(*policy_, to_, zones_).Add(line, name)
                                   : zones_.Add(line, name, file, ZoneSource::Kind::kText);
    if (!added.ok()) OnError(line, added.message());
    return !absl::IsResourceExhausted(added);
  }
  void OnError(uint32_t line, absl::string_view what) override {
    to_.ErrorIn(path_, line, our_line_, what);
  }

 private:
  const std::string path_;
  const uint32_t our_line_;
  const std::optional<uint32_t> policy_;
  Reading& to_;
  ZoneCollector& zones_;
};

void ReadZoneList(const ZoneEntry& entry, Reading& to, ZoneCollector& zones) {
  const YamlNode& node = *entry.list;
  std::string path;
  if (!ReadText(node, "the path of a list of zones", to, path)) return;
  std::optional<uint32_t> policy;
  if (!entry.transfer.empty()) {
    policy = ReadTransferPolicy(entry.transfer, node.line, to);
    if (!policy.has_value()) return;
  }
  path = to.Path(path);
  to.config.files.push_back(path);
  zones.EnterFile(path, FolderWithSlash(path));
  ListToConfig sink(path, node.line, policy, to, zones);
  const absl::Status read = to.read_list(path, sink);
  if (!read.ok()) to.Error(node.line, read);
  zones.EnterFile(to.file, to.folder);
}

// Each file that fits the pattern is a zone.
void ReadFolderOfZones(const ZoneEntry& entry, Reading& to, ZoneCollector& zones) {
  std::string path;
  std::string pattern_text = "*.zone";
  if (!ReadText(*entry.folder, "the path of a folder of zone files", to, path)) return;
  if (entry.pattern != nullptr &&
      !ReadText(*entry.pattern, "file names with one *, such as \"*.zone\"", to, pattern_text)) {
    return;
  }
  const absl::StatusOr<ZonePattern> pattern = ZonePattern::Parse(pattern_text);
  if (!pattern.ok()) return to.Error(entry.pattern->line, pattern.status());
  const uint32_t line = entry.folder->line;
  const std::string folder = to.Path(path);
  const absl::StatusOr<std::vector<std::string>> files = to.read_folder(folder, *pattern);
  if (!files.ok()) {
    to.config.files.push_back(folder);  // The configuration has failed: it is to be watched.
    return to.Error(line, files.status());
  }
  to.config.folders.push_back({folder, *pattern});
  zones.EnterFile(to.file, to.folder, ZoneCollector::Line::kIsAFolder);
  for (const std::string& file : *files) {
    const absl::StatusOr<Name> name = Name::FromText(*pattern->Match(file));
    if (!name.ok()) {
      to.config.files.push_back(absl::StrCat(folder, "/", file));
      to.Error(line, absl::StrCat(folder, "/", file, ": ", name.status().message(),
                                  "; rename the file to the zone's name, or move it away"));
      continue;
    }
    const absl::Status added =
        zones.Add(line, *name, absl::StrCat(path, "/", file), ZoneSource::Kind::kText);
    if (added.ok()) continue;
    to.config.files.push_back(absl::StrCat(folder, "/", file));
    to.Error(line, absl::StrCat(folder, "/", file, ": ", added.message()));
  }
  zones.EnterFile(to.file, to.folder);
}

}  // namespace

void ReadZones(const YamlNode& node, Reading& to) {
  if (node.kind == YamlNode::kNull) return;
  const absl::Cleanup leave = [&to] { to.section.clear(); };
  to.section = "zones.";
  if (!ExpectKind(node, YamlNode::kList, "a list of { name: example.org, file: example.org.zone }",
                  to)) {
    return;
  }
  ZoneCollector zones(to.config.zones);
  zones.EnterFile(to.file, to.folder);
  for (const YamlNode& item : node.children) {
    ZoneEntry entry;
    if (!FindZoneKeys(item, to, entry)) continue;
    if (entry.list != nullptr) {
      ReadZoneList(entry, to, zones);
    } else if (entry.folder != nullptr) {
      ReadFolderOfZones(entry, to, zones);
    } else {
      ReadZone(entry, to, zones);
    }
  }
}

}  // namespace hither
