#ifndef HITHER_DAEMON_CONFIG_CONFIG_READING_H_
#define HITHER_DAEMON_CONFIG_CONFIG_READING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daemon/config/config.h"
#include "daemon/config/yaml_tree.h"

// How the parts of a configuration are read: for config_reader.cc and anycast_config_reader.cc,
// whose tables are the schema.
namespace hither {

// The lines of a primary's keys, for errors that only the whole file shows.
struct PrimaryPlace {
  uint32_t name = 0;
  uint32_t address = 0;
  uint32_t source = 0;
};
// Somebody refers to one of `keys:`.
struct KeyUse {
  uint32_t line;
  std::string place;  // "primaries.key: "
  std::string key;
  bool is_word = false;  // It has a meaning of its own there, so that no key may have this name.
};

// A configuration while it is read: its destination, its source and its errors so far.
struct Reading {
  Config config;
  std::string file;
  std::string folder;
  ZoneListReader read_list;
  ZoneFolderReader read_folder = {};
  std::string section = {};  // Of the map that is being read: "tcp.", or "" at the top.
  std::vector<std::pair<uint32_t, std::string>> errors = {};  // Line and text.
  size_t error_count = 0;
  const YamlNode* zones = nullptr;                // The value of `zones:`.
  std::vector<PrimaryPlace> primary_places = {};  // One for each primary.
  std::vector<KeyUse> key_uses = {};
  absl::flat_hash_map<std::string, uint32_t> policies = {};  // By the text of their keys.
  uint32_t transferred = 0;                                  // Zones with primaries.

  void Error(uint32_t line, absl::string_view what) { ErrorIn(file, line, line, what); }
  void Error(uint32_t line, const absl::Status& status) { Error(line, status.message()); }
  // In another file, which our file names on `our_line`.
  void ErrorIn(absl::string_view other, uint32_t line, uint32_t our_line, absl::string_view what);
  // "tcp.idle_timeout: ", for an error about the value that is being read; "" at the top.
  std::string Key() const;
  // A path in the file, relative to its folder.
  std::string Path(absl::string_view path) const;
};

// All errors of `to` as one, a line each, in the order of their lines; OK if there is none.
absl::Status ErrorsOf(const Reading& to);

// The whole of an operator's file: a regular one, of at most `bytes_max`. Errors name it `what`.
absl::StatusOr<std::string> ReadTextFile(const std::string& path, absl::string_view what,
                                         uint64_t bytes_max);

// Foreign text in an error, limited in length.
std::string Quoted(absl::string_view text);

// False: an error was reported, which names `example` as expected.
bool ExpectKind(const YamlNode& node, YamlNode::Kind kind, absl::string_view example, Reading& to);

// `read` gets each item of a list of at most `items_max`.
void ReadList(const YamlNode& node, absl::string_view example, size_t items_max, Reading& to,
              const std::function<void(const YamlNode& item)>& read);

// `read` gets key and value of each pair once; repeated keys are errors.
void ReadPairs(const YamlNode& node, Reading& to,
               const std::function<void(const YamlNode& key, const YamlNode& value)>& read);

// `read` gets the place in `known` of each key, and its value. Unknown keys are errors; so are old
// names of renamed keys, with an error that gives the new name.
void ReadKnownPairs(const YamlNode& node, const std::vector<absl::string_view>& known, Reading& to,
                    const std::function<void(size_t place, const YamlNode& value)>& read);

// A row of a schema: a key and the reader of its value. KeyOf<T> reads into one of several T.
struct Key {
  absl::string_view name;
  void (*read)(const YamlNode& node, Reading& to);
};
template <typename T>
struct KeyOf {
  absl::string_view name;
  void (*read)(const YamlNode& node, Reading& to, T& out);
};

template <size_t kKeys>
void ReadMap(const YamlNode& node, const Key (&keys)[kKeys], Reading& to) {
  std::vector<absl::string_view> known;
  for (const Key& key : keys) known.push_back(key.name);
  ReadKnownPairs(node, known, to,
                 [&](size_t place, const YamlNode& value) { keys[place].read(value, to); });
}
template <typename T, size_t kKeys>
void ReadMap(const YamlNode& node, const KeyOf<T> (&keys)[kKeys], Reading& to, T& out) {
  std::vector<absl::string_view> known;
  for (const KeyOf<T>& key : keys) known.push_back(key.name);
  ReadKnownPairs(node, known, to,
                 [&](size_t place, const YamlNode& value) { keys[place].read(value, to, out); });
}

void ReadBool(const YamlNode& node, Reading& to, bool& out);
bool ReadText(const YamlNode& node, absl::string_view example, Reading& to, std::string& out);
// False: an error was reported.
bool ReadWhole(const YamlNode& node, uint64_t least, uint64_t most, Reading& to, uint64_t& out);
// The place in `known` of the word that is the value. False: an error was reported.
bool ReadOneOf(const YamlNode& node, const std::vector<absl::string_view>& known, Reading& to,
               size_t& place);
// "10s", "1h30m", "3d" or "1d12h". A time that is not a multiple of `unit` is an error: rounding it
// would be surprising.
void ReadDuration(const YamlNode& node, absl::Duration least, absl::Duration most, Reading& to,
                  absl::Duration& out, absl::Duration unit = absl::Milliseconds(1));

// One of a few words, each with its value.
template <typename E>
struct Word {
  absl::string_view text;
  E value;
};
template <typename E, size_t kWords>
void ReadWord(const YamlNode& node, const Word<E> (&words)[kWords], Reading& to, E& out) {
  std::vector<absl::string_view> known;
  for (const Word<E>& word : words) known.push_back(word.text);
  size_t place = 0;
  if (ReadOneOf(node, known, to, place)) out = words[place].value;
}

// A list of words, such as a command with its arguments.
void ReadWords(const YamlNode& node, absl::string_view example, Reading& to,
               std::vector<std::string>& out);
void ReadCommand(const YamlNode& node, Reading& to, std::vector<std::string>& out);

// Could it be a host's name or an IPv4 address, as a certificate or a Host header has it?
bool IsHostName(absl::string_view text);
// Names of hosts, as a Host header has them, without a port.
void ReadHosts(const YamlNode& node, Reading& to, std::vector<std::string>& out);

template <typename T>
void ReadNumber(const YamlNode& node, uint64_t least, uint64_t most, Reading& to, T& out) {
  uint64_t number = 0;
  if (ReadWhole(node, least, most, to, number)) out = static_cast<T>(number);
}

// Up to and including the last '/'.
std::string FolderWithSlash(absl::string_view path);

// Everything below `keys:`.
void ReadSharedKeys(const YamlNode& node, Reading& to);

// Everything below `anycast:`.
void ReadAnycast(const YamlNode& node, Reading& to);
void ReadPolicy(const YamlNode& node, Reading& to, AnycastConfig& anycast);
void ReadPrimaries(const YamlNode& node, Reading& to);
void ReadTransfers(const YamlNode& node, Reading& to);
void ReadGates(const YamlNode& node, Reading& to, GateConfig& out);
void ReadNotifyFrom(const YamlNode& node, Reading& to, TransferPolicy& out);
// After `primaries`: is there one of this name? False: an error was reported.
bool CheckPrimaryName(const YamlNode& node, absl::string_view name, Reading& to);
// After `primaries` and `transfers`.
void ReadZones(const YamlNode& node, Reading& to);

// A zone's keys of transfers, in their order, with their values.
using ZoneTransferKeys = std::vector<std::pair<const YamlNode*, const YamlNode*>>;
bool IsZoneTransferKey(absl::string_view name);
std::vector<absl::string_view> ZoneTransferKeyNames();
// The number of the TransferPolicy that `keys` describe. None: an error was reported.
std::optional<uint32_t> ReadTransferPolicy(const ZoneTransferKeys& keys, uint32_t line,
                                           Reading& to);

// After all else: do primaries and keys fit together with the rest of the file?
void CheckTransfers(Reading& to);
// A part of it: every key that is referred to is one of `names`.
void CheckKeyUses(const std::vector<std::string>& names, Reading& to);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_CONFIG_READING_H_
