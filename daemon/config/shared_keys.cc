// `keys:` of a configuration, and the files with their secrets.

#include "daemon/config/shared_keys.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/open_to_read.h"
#include "daemon/config/config.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

constexpr mode_t kOpenToOthers = 0027;  // The group may read it, nobody else.
constexpr size_t kSecretFileBytesMax = 4'096;
constexpr absl::string_view kEntry = "{ name: k1, algorithm: hmac-sha256, secret_file: k1.secret }";
constexpr absl::string_view kMake = "for example from: openssl rand -base64 32";

// An entry while it is read: what its keys mean together is checked at its end.
struct Entry {
  SharedKey shared = {};
  bool has_name = false;
  bool has_secret = false;
  bool may_be_weak = false;
  bool is_wrong = false;  // Reported.
};

absl::StatusOr<Bytes> SecretFromText(absl::string_view text) {
  std::string octets;
  if (!absl::Base64Unescape(text, &octets)) {
    return absl::InvalidArgumentError(absl::StrCat("the secret is not Base64; take one ", kMake));
  }
  if (octets.size() < kSecretBytesMin || octets.size() > kSecretBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("the secret has ", octets.size(),
                                                   " octets; give ", kSecretBytesMin, " to ",
                                                   kSecretBytesMax, ", ", kMake));
  }
  const ByteView view = AsBytes(octets);
  return Bytes(view.begin(), view.end());
}

void ReadKeyName(const YamlNode& node, Reading& to, Entry& entry) {
  std::string text;
  entry.has_name = true;
  entry.is_wrong = true;
  if (!ReadText(node, "a domain name, such as k1 or fra1-ams1.example.org", to, text)) return;
  const absl::StatusOr<Name> name = Name::FromText(text);
  if (!name.ok()) return to.Error(node.line, name.status());
  if (name->view().size() > kTsigKeyNameBytesMax) {
    return to.Error(node.line, absl::StrCat("the key's name has ", name->view().size(),
                                            " octets; use one of at most ", kTsigKeyNameBytesMax,
                                            ", so that every signed answer has room for it"));
  }
  entry.shared.key.name = *name;
  entry.is_wrong = false;
}

void ReadAlgorithm(const YamlNode& node, Reading& to, Entry& entry) {
  std::string text;
  if (!ReadText(node, "a TSIG algorithm, such as hmac-sha256", to, text)) return;
  const std::optional<HmacAlgorithm> algorithm = TsigAlgorithmFromText(text);
  if (!algorithm.has_value()) {
    return to.Error(node.line, absl::StrCat("unknown TSIG algorithm ", Quoted(text),
                                            "; write hmac-sha256, hmac-sha224, hmac-sha384, ",
                                            "hmac-sha512, hmac-sha1 or hmac-md5"));
  }
  if (!IsHmacAvailable(*algorithm)) {
    return to.Error(node.line, absl::StrCat("OpenSSL on this host does not offer ", Quoted(text),
                                            "; use hmac-sha256"));
  }
  entry.shared.key.algorithm = *algorithm;
}

void ReadSecret(const YamlNode& node, Reading& to, Entry& entry) {
  std::string text;
  entry.has_secret = true;
  if (!ReadText(node, "a secret in Base64", to, text)) return;
  absl::StatusOr<Bytes> secret = SecretFromText(text);
  if (!secret.ok()) return to.Error(node.line, secret.status());
  entry.shared.key.secret = *std::move(secret);
}

void ReadSecretFile(const YamlNode& node, Reading& to, Entry& entry) {
  std::string path;
  if (!ReadText(node, "the path of a file with a secret in Base64", to, path)) return;
  entry.shared.secret_file = to.Path(path);
}

// clang-format off
constexpr KeyOf<Entry> kEntryKeys[] = {
    {"name",          ReadKeyName},
    {"algorithm",     ReadAlgorithm},
    {"secret",        ReadSecret},
    {"secret_file",   ReadSecretFile},
    {"allow_weak",    [](const YamlNode& n, Reading& to, Entry& out) { ReadBool(n, to, out.may_be_weak); }},
    {"mac_bytes_min", [](const YamlNode& n, Reading& to, Entry& out) { ReadNumber(n, 10, kHmacBytesMax, to, out.shared.key.mac_bytes_min); }},
};
// clang-format on

std::string KeyText(const TsigKey& key) {
  std::string name = key.name.ToText();
  if (name.size() > 1) name.pop_back();  // The final dot.
  return absl::StrCat("key ", name);
}

// What the keys of an entry mean together.
void CheckEntry(const Entry& entry, Reading& to) {
  const TsigKey& key = entry.shared.key;
  const auto error = [&](absl::string_view what) {
    to.Error(entry.shared.line, absl::StrCat(KeyText(key), ": ", what));
  };
  if (!entry.has_name)
    return to.Error(entry.shared.line, absl::StrCat("a key without a name; write ", kEntry));
  if (entry.is_wrong) return;
  if (entry.has_secret == !entry.shared.secret_file.empty()) {
    error(entry.has_secret ? "it has both secret and secret_file; keep secret_file"
                           : "it has no secret; add secret_file: with the path of a file");
  }
  const absl::string_view algorithm = TsigAlgorithmText(key.algorithm);
  if (IsWeakTsigAlgorithm(key.algorithm) && !entry.may_be_weak) {
    error(absl::StrCat(algorithm, " is not recommended (RFC 8945 §6); use hmac-sha256 at both ",
                       "ends, or add allow_weak: true"));
  }
  const size_t whole = HmacBytes(key.algorithm);
  const size_t least = MacBytesLeast(key.algorithm);
  if (key.mac_bytes_min != 0 && (key.mac_bytes_min < least || key.mac_bytes_min > whole)) {
    error(absl::StrCat("mac_bytes_min is ", key.mac_bytes_min, "; give ", least, " to ", whole,
                       " with ", algorithm, " (RFC 8945 §5.2.2.1)"));
  }
}

// Nobody else chooses secrets: root, us, and the user that a start as root becomes.
bool MayOwnSecrets(uid_t owner, const std::string& user) {
  if (owner == 0 || owner == ::geteuid()) return true;
  struct passwd entry = {};
  struct passwd* found = nullptr;
  char room[4'096];
  const char* const name = user.empty() ? "hither" : user.c_str();
  return ::getpwnam_r(name, &entry, room, sizeof room, &found) == 0 && found != nullptr &&
         found->pw_uid == owner;
}

// "" if it is what a file with a secret must be.
std::string FaultOf(const struct stat& facts, const std::string& user) {
  if (!S_ISREG(facts.st_mode)) return "is not a regular file; name one";
  if ((facts.st_mode & kOpenToOthers) != 0) {
    return "is accessible to users other than its owner and the group that reads it; set its mode "
           "to 640 or 600";
  }
  if (MayOwnSecrets(facts.st_uid, user)) return "";
  return absl::StrCat("belongs to user ", facts.st_uid, ", who is neither root nor the server's ",
                      "user; give it to root");
}

absl::StatusOr<std::string> ReadSecretLine(const std::string& path, const std::string& user) {
  const auto wrong = [&path](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("the secret file ", path, " ", what));
  };
  const auto unreadable = [&path](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read the secret file ", path, ": ", why,
                                                   "; check path and permissions"));
  };
  // A user who may write in its folder must not choose the secret by a link, either.
  const absl::StatusOr<FileDescriptor> file = OpenToRead(path);
  if (!file.ok()) return unreadable(file.status().message());
  struct stat facts = {};
  if (fstat(file->get(), &facts) != 0) return unreadable(std::strerror(errno));
  if (const std::string fault = FaultOf(facts, user); !fault.empty()) return wrong(fault);
  char text[kSecretFileBytesMax];
  const ssize_t size = read(file->get(), text, sizeof text);
  if (size < 0) return unreadable(std::strerror(errno));
  const absl::string_view content(text, static_cast<size_t>(size));
  const size_t end = content.find('\n');
  if (end == absl::string_view::npos && content.size() == sizeof text) {
    return wrong(absl::StrCat("has a first line of over ", sizeof text, " octets; shorten it"));
  }
  return std::string(absl::StripAsciiWhitespace(content.substr(0, end)));
}

// RFC 2104 §3: keys shorter than the hash "would decrease the security strength".
std::string WeaknessOf(const TsigKey& key) {
  const size_t whole = HmacBytes(key.algorithm);
  if (key.secret.size() >= whole) return "";
  return absl::StrCat("its secret has ", key.secret.size(), " octets; with ",
                      TsigAlgorithmText(key.algorithm), " use at least ", whole,
                      " (RFC 2104 §3), for example from: openssl rand -base64 ", whole);
}

bool IsOpenToOthers(const std::string& path) {
  struct stat facts = {};
  return stat(path.c_str(), &facts) == 0 && (facts.st_mode & 0007) != 0;
}

}  // namespace

void ReadSharedKeys(const YamlNode& node, Reading& to) {
  absl::flat_hash_map<std::string, uint32_t> lines;
  ReadList(node, absl::StrCat("a list of keys, such as [", kEntry, "]"), kSharedKeysMax, to,
           [&](const YamlNode& item) {
             Entry entry;
             entry.shared.line = item.line;
             ReadMap(item, kEntryKeys, to, entry);
             if (item.kind != YamlNode::kMap) return;
             CheckEntry(entry, to);
             if (!entry.has_name || entry.is_wrong) return;
             const std::string name = absl::AsciiStrToLower(entry.shared.key.name.ToText());
             const auto [seen, is_new] = lines.try_emplace(name, item.line);
             if (!is_new) {
               to.Error(item.line,
                        absl::StrCat(KeyText(entry.shared.key), " is repeated, first on line ",
                                     seen->second, "; keep one"));
             }
             to.config.keys.push_back(std::move(entry.shared));
           });
}

absl::Status LoadSecrets(const std::string& file, Config& config,
                         std::vector<std::string>& warnings) {
  const bool is_open = IsOpenToOthers(file);
  for (SharedKey& shared : config.keys) {
    const std::string place = absl::StrCat(file, ":", shared.line, ": ", KeyText(shared.key), ": ");
    const auto warn_if_weak = [&] {
      const std::string weakness = WeaknessOf(shared.key);
      if (!weakness.empty()) warnings.push_back(absl::StrCat(place, weakness));
    };
    if (shared.secret_file.empty()) {
      warn_if_weak();
      if (!is_open) continue;
      warnings.push_back(absl::StrCat(
          place, "every user of this host can read its secret in the configuration; move it to a ",
          "secret_file, or set the configuration's mode to 640"));
      continue;
    }
    const absl::StatusOr<std::string> line = ReadSecretLine(shared.secret_file, config.user);
    if (!line.ok()) return absl::InvalidArgumentError(absl::StrCat(place, line.status().message()));
    absl::StatusOr<Bytes> secret = SecretFromText(*line);
    if (!secret.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(place, "first line of ", shared.secret_file,
                                                     ": ", secret.status().message()));
    }
    shared.key.secret = *std::move(secret);
    warn_if_weak();
    config.files.push_back(shared.secret_file);
  }
  return absl::OkStatus();
}

}  // namespace hither
