// From the YAML tree to a Config. The tables below are the schema: a key, its range, its place.

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/nearest.h"
#include "daemon/config/config_reading.h"
#include "daemon/config/nsid.h"

namespace hither {
namespace {

constexpr char kFilesPayload[] = "hither/files";  // Of a failure's Status: paths, each with a 0.

void ReadListen(const YamlNode& node, Reading& to) {
  if (!ExpectKind(node, YamlNode::kList,
                  "a list, such as [\"192.0.2.53:53\", \"[2001:db8::53]:53\"]", to)) {
    return;
  }
  if (node.children.empty()) {
    return to.Error(node.line,
                    "the list is empty; give an address, or remove 'listen' to use all of them");
  }
  absl::flat_hash_map<std::string, uint32_t> lines;
  for (const YamlNode& item : node.children) {
    std::string text;
    if (!ReadText(item, "an address, such as \"192.0.2.53:53\"", to, text)) continue;
    const absl::StatusOr<SocketAddress> address = ParseListen(text);
    if (!address.ok()) {
      to.Error(item.line, address.status());
      continue;
    }
    const auto [seen, is_new] = lines.try_emplace(address->ToText(), item.line);
    if (!is_new) {
      to.Error(item.line, absl::StrCat("listen address ", seen->first,
                                       " is repeated, first on line ", seen->second, "; keep one"));
    }
    to.config.listen.push_back(*address);
  }
  if (to.config.listen.size() > kListenAddressesMax) {
    to.Error(node.line, absl::StrCat(to.config.listen.size(), " listen addresses; give at most ",
                                     kListenAddressesMax, ", or 0.0.0.0 and [::] for all"));
  }
}

// One of many: separate from the tables, so that a million of them cost one scan each.
struct ZoneEntry {
  const YamlNode* name = nullptr;
  const YamlNode* file = nullptr;
  const YamlNode* image = nullptr;
  const YamlNode* list = nullptr;
  const YamlNode* folder = nullptr;
  const YamlNode* pattern = nullptr;
};

bool HasOnly(const ZoneEntry& entry, const YamlNode* ZoneEntry::*key) {
  ZoneEntry only;
  only.*key = entry.*key;
  if (key == &ZoneEntry::folder) only.pattern = entry.pattern;
  return entry.name == only.name && entry.file == only.file && entry.image == only.image &&
         entry.list == only.list && entry.folder == only.folder && entry.pattern == only.pattern;
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
    if (HasOnly(entry, &ZoneEntry::list)) return true;
    to.Error(line,
             "'list' beside other keys; make it a separate entry, as in - { list: zones.txt }");
    return false;
  }
  if (entry.name == nullptr) to.Error(line, "zone without 'name'; add name: example.org");
  if (entry.file == nullptr && entry.image == nullptr) {
    to.Error(line, "zone without 'file'; add file: example.org.zone");
  }
  return to.error_count == errors_before;
}

bool FindZoneKeys(const YamlNode& node, Reading& to, ZoneEntry& entry) {
  constexpr absl::string_view kKnown[] = {"name", "file", "image", "list", "folder", "pattern"};
  if (!ExpectKind(node, YamlNode::kMap, "{ name: example.org, file: example.org.zone }", to)) {
    return false;
  }
  ReadPairs(node, to, [&](const YamlNode& key, const YamlNode& value) {
    if (key.text == "name") {
      entry.name = &value;
    } else if (key.text == "file") {
      entry.file = &value;
    } else if (key.text == "image") {
      entry.image = &value;
    } else if (key.text == "list") {
      entry.list = &value;
    } else if (key.text == "folder") {
      entry.folder = &value;
    } else if (key.text == "pattern") {
      entry.pattern = &value;
    } else {
      to.Error(key.line,
               absl::StrCat("unknown key ", Quoted(key.text), SuggestWord(key.text, kKnown)));
    }
  });
  return CheckZoneKeys(entry, node.line, to);
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
  ListToConfig(std::string path, uint32_t our_line, Reading& to, ZoneCollector& zones)
      : path_(std::move(path)), our_line_(our_line), to_(to), zones_(zones) {}

  bool OnZone(uint32_t line, NameView name, absl::string_view file) override {
    const absl::Status added = zones_.Add(line, name, file, ZoneSource::Kind::kText);
    if (!added.ok()) OnError(line, added.message());
    return !absl::IsResourceExhausted(added);
  }
  void OnError(uint32_t line, absl::string_view what) override {
    to_.ErrorIn(path_, line, our_line_, what);
  }

 private:
  const std::string path_;
  const uint32_t our_line_;
  Reading& to_;
  ZoneCollector& zones_;
};

// Up to and including the last '/'.
std::string FolderOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(slash == absl::string_view::npos ? "" : path.substr(0, slash + 1));
}

void ReadZoneList(const YamlNode& node, Reading& to, ZoneCollector& zones) {
  std::string path;
  if (!ReadText(node, "the path of a list of zones", to, path)) return;
  path = to.Path(path);
  to.config.files.push_back(path);
  zones.EnterFile(path, FolderOf(path));
  ListToConfig sink(path, node.line, to, zones);
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

void ReadZones(const YamlNode& node, Reading& to) {
  if (node.kind == YamlNode::kNull) return;
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
      ReadZoneList(*entry.list, to, zones);
    } else if (entry.folder != nullptr) {
      ReadFolderOfZones(entry, to, zones);
    } else {
      ReadZone(entry, to, zones);
    }
  }
}

void ReadImageCache(const YamlNode& node, Reading& to) {
  std::string text;
  if (!ReadText(node, "the path of a folder, or none", to, text)) return;
  to.config.image_cache = text == "none" ? "" : to.Path(text);
}

void ReadIncludeFolder(const YamlNode& node, Reading& to) {
  std::string text;
  if (!ReadText(node, "the path of a folder, or none", to, text)) return;
  to.config.limits.include_folder = text == "none" ? "" : to.Path(text);
}

void ReadHeartbeat(const YamlNode& node, Reading& to) {
  std::string text;
  if (!ReadText(node, "the path of a file, such as /run/hither/heartbeat, or none", to, text))
    return;
  to.config.heartbeat = text == "none" ? "" : to.Path(text);
}

void ReadIdentityWord(const YamlNode& node, absl::string_view what, Reading& to, std::string& out) {
  if (!ReadText(node, "a word, such as fra1", to, out)) return;
  const absl::Status status = CheckIdentityWord(what, out);
  if (!status.ok()) to.Error(node.line, status);
}

void ReadNsid(const YamlNode& node, Reading& to) {
  std::string& nsid = to.config.identity.nsid_template;
  if (!ReadText(node, "a template in quotes, such as \"{node}.{site}\"", to, nsid)) return;
  const absl::Status status = CheckNsidTemplate(nsid);
  if (!status.ok()) to.Error(node.line, status);
}

void ReadVersion(const YamlNode& node, Reading& to) {
  std::string& version = to.config.version;
  if (!ReadText(node, "a string of your choice, or hidden", to, version)) return;
  if (version == "hidden") version.clear();
  if (version.size() > 255) {
    to.Error(node.line, "the version is over 255 octets; shorten it (RFC 1035 §3.3)");
  }
}

void ReadAdminListen(const YamlNode& node, Reading& to) {
  std::string text;
  if (!ReadText(node, "127.0.0.1:8053, unix:/path/of.sock or none", to, text)) return;
  const absl::StatusOr<AdminAddress> admin = ParseAdmin(text);
  if (!admin.ok()) return to.Error(node.line, admin.status());
  to.config.admin = *admin;
  if (!admin->unix_path.empty()) to.config.admin.unix_path = to.Path(admin->unix_path);
}

void ReadMetricsListen(const YamlNode& node, Reading& to) {
  std::string text;
  if (!ReadText(node, "an address of this host, such as 10.0.0.2:8053", to, text)) return;
  const absl::StatusOr<SocketAddress> address = SocketAddress::FromText(text, kAdminPort);
  if (!address.ok()) return to.Error(node.line, address.status());
  to.config.metrics = *address;
}

void ReadLogTarget(const YamlNode& node, Reading& to) {
  std::string text;
  if (!ReadText(node, "stderr or a file's path", to, text)) return;
  to.config.log.file = text == "stderr" ? "" : to.Path(text);
}

void ReadLogLevel(const YamlNode& node, Reading& to) {
  std::string text;
  if (!ReadText(node, "debug, info, warning or error", to, text)) return;
  const absl::StatusOr<LogLevel> level = ParseLogLevel(text);
  if (!level.ok()) return to.Error(node.line, level.status());
  to.config.log.level = *level;
}

// clang-format off
constexpr Key kIdentityKeys[] = {
    {"site", [](const YamlNode& n, Reading& to) { ReadIdentityWord(n, "identity.site", to, to.config.identity.site); }},
    {"node", [](const YamlNode& n, Reading& to) { ReadIdentityWord(n, "identity.node", to, to.config.identity.node); }},
    {"nsid", ReadNsid},
};

constexpr Key kUdpKeys[] = {
    {"payload_bytes_max",    [](const YamlNode& n, Reading& to) { ReadNumber(n, 512, 4'096, to, to.config.udp.payload_bytes_max); }},
    {"receive_buffer_bytes", [](const YamlNode& n, Reading& to) { ReadNumber(n, 4'096, 1u << 30, to, to.config.udp.receive_buffer_bytes); }},
    {"batch_size",           [](const YamlNode& n, Reading& to) { ReadNumber(n, 1, 64, to, to.config.udp.batch_size); }},
};

constexpr Key kTcpKeys[] = {
    {"connections_max",            [](const YamlNode& n, Reading& to) { ReadNumber(n, 1, 1'000'000, to, to.config.tcp.connections_max); }},
    {"connections_per_prefix_max", [](const YamlNode& n, Reading& to) { ReadNumber(n, 1, 1'000'000, to, to.config.tcp.connections_per_prefix_max); }},
    {"idle_timeout",               [](const YamlNode& n, Reading& to) { ReadDuration(n, absl::Milliseconds(100), absl::Hours(1), to, to.config.tcp.idle_timeout); }},
    {"lifetime_max",               [](const YamlNode& n, Reading& to) { ReadDuration(n, absl::Seconds(1), absl::Hours(24), to, to.config.tcp.lifetime_max); }},
    // At least two answers of 65,537 octets, so that a slow reader of large answers can keep up.
    {"unsent_bytes_max",           [](const YamlNode& n, Reading& to) { ReadNumber(n, 131'074, 64u << 20, to, to.config.tcp.unsent_bytes_max); }},
};

constexpr Key kAdminKeys[] = {
    {"listen", ReadAdminListen},
};

constexpr Key kMetricsKeys[] = {
    {"listen", ReadMetricsListen},
    {"hosts",  [](const YamlNode& n, Reading& to) { ReadHosts(n, to, to.config.metrics_hosts); }},
};

constexpr Key kLogKeys[] = {
    {"level",  ReadLogLevel},
    {"target", ReadLogTarget},
};

constexpr Key kLimitsKeys[] = {
    {"records_per_rrset_max", [](const YamlNode& n, Reading& to) { ReadNumber(n, 1, 65'535, to, to.config.limits.records_per_rrset_max); }},
    {"types_per_name_max",    [](const YamlNode& n, Reading& to) { ReadNumber(n, 1, 65'535, to, to.config.limits.types_per_name_max); }},
    {"nsec3_iterations_max",  [](const YamlNode& n, Reading& to) { ReadNumber(n, 0, 2'500, to, to.config.limits.nsec3_iterations_max); }},
    {"include_depth_max",     [](const YamlNode& n, Reading& to) { ReadNumber(n, 0, 64, to, to.config.limits.include_depth_max); }},
    {"generate_records_max",  [](const YamlNode& n, Reading& to) { ReadNumber(n, 0, 16'777'216, to, to.config.limits.generate_records_max); }},
    {"include_folder",        ReadIncludeFolder},
};

constexpr Key kReloadKeys[] = {
    {"settle", [](const YamlNode& n, Reading& to) { ReadDuration(n, absl::Milliseconds(10), absl::Minutes(1), to, to.config.reload.settle); }},
    {"watch",  [](const YamlNode& n, Reading& to) { ReadBool(n, to, to.config.reload.watch); }},
};

constexpr Key kTopKeys[] = {
    {"identity", [](const YamlNode& n, Reading& to) { ReadMap(n, kIdentityKeys, to); }},
    {"listen",   ReadListen},
    {"workers",  [](const YamlNode& n, Reading& to) { ReadNumber(n, 0, kWorkersMax, to, to.config.workers); }},
    {"user",     [](const YamlNode& n, Reading& to) { ReadText(n, "an account's name", to, to.config.user); }},
    {"version",  ReadVersion},
    {"udp",      [](const YamlNode& n, Reading& to) { ReadMap(n, kUdpKeys, to); }},
    {"tcp",      [](const YamlNode& n, Reading& to) { ReadMap(n, kTcpKeys, to); }},
    {"zones",    ReadZones},
    {"image_cache", ReadImageCache},
    {"admin",    [](const YamlNode& n, Reading& to) { ReadMap(n, kAdminKeys, to); }},
    {"metrics",  [](const YamlNode& n, Reading& to) { ReadMap(n, kMetricsKeys, to); }},
    {"heartbeat", ReadHeartbeat},
    {"log",      [](const YamlNode& n, Reading& to) { ReadMap(n, kLogKeys, to); }},
    {"limits",   [](const YamlNode& n, Reading& to) { ReadMap(n, kLimitsKeys, to); }},
    {"reload",   [](const YamlNode& n, Reading& to) { ReadMap(n, kReloadKeys, to); }},
    {"anycast",  ReadAnycast},
};
// clang-format on

}  // namespace

absl::StatusOr<Config> ParseConfig(absl::string_view text, absl::string_view file,
                                   absl::string_view folder, ZoneListReader read_list,
                                   ZoneFolderReader read_folder) {
  const absl::StatusOr<YamlNode> tree = ParseYaml(text, file);
  if (!tree.ok()) return tree.status();
  Reading reading{.config = Config(),
                  .file = std::string(file),
                  .folder = std::string(folder),
                  .read_list = read_list,
                  .read_folder = read_folder};
  ReadMap(*tree, kTopKeys, reading);
  if (absl::Status errors = ErrorsOf(reading); !errors.ok()) {
    return WithFiles(std::move(errors), reading.config.files);
  }
  return std::move(reading.config);
}

std::vector<std::string> FilesOfFailure(const absl::Status& status) {
  const auto files = status.GetPayload(kFilesPayload);
  if (!files.has_value()) return {};
  return absl::StrSplit(std::string(*files), '\0', absl::SkipEmpty());
}

absl::Status WithFiles(absl::Status status, const std::vector<std::string>& files) {
  status.SetPayload(kFilesPayload, absl::Cord(absl::StrJoin(files, absl::string_view("\0", 1))));
  return status;
}

absl::StatusOr<Config> LoadConfigFile(const std::string& path, uint64_t bytes_max) {
  timespec began;
  clock_gettime(CLOCK_REALTIME_COARSE, &began);
  const absl::StatusOr<std::string> text = ReadTextFile(path, "the configuration", bytes_max);
  if (!text.ok()) return text.status();
  absl::StatusOr<Config> config = ParseConfig(*text, path, FolderOf(path));
  if (!config.ok()) return config;
  config->files.insert(config->files.begin(), path);
  config->read_ns = absl::ToInt64Nanoseconds(absl::DurationFromTimespec(began));
  return config;
}

}  // namespace hither
