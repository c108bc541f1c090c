#ifndef HITHER_DAEMON_CONFIG_CONFIG_READING_H_
#define HITHER_DAEMON_CONFIG_CONFIG_READING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daemon/config/config.h"
#include "daemon/config/yaml_tree.h"

// How the parts of a configuration are read: for config_reader.cc and anycast_config_reader.cc,
// whose tables are the schema.
namespace hither {

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
// A time that is not a multiple of `unit` is an error: rounding it would be surprising.
void ReadDuration(const YamlNode& node, absl::Duration least, absl::Duration most, Reading& to,
                  absl::Duration& out, absl::Duration unit = absl::Milliseconds(1));

// Names of hosts, as a Host header has them, without a port.
void ReadHosts(const YamlNode& node, Reading& to, std::vector<std::string>& out);

template <typename T>
void ReadNumber(const YamlNode& node, uint64_t least, uint64_t most, Reading& to, T& out) {
  uint64_t number = 0;
  if (ReadWhole(node, least, most, to, number)) out = static_cast<T>(number);
}

// Everything below `anycast:`.
void ReadAnycast(const YamlNode& node, Reading& to);
void ReadPolicy(const YamlNode& node, Reading& to, AnycastConfig& anycast);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_CONFIG_READING_H_
