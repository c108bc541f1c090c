#include "base/port_owner.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file_descriptor.h"
#include "base/printable.h"

namespace hither {
namespace {

namespace fs = std::filesystem;

constexpr size_t kTableBytesMax = 4u << 20;
constexpr int kDescriptorsMax = 100'000;      // Looked at, of all processes.
constexpr absl::string_view kListens = "0A";  // TCP_LISTEN in include/net/tcp_states.h

std::string ReadStart(const fs::path& path, size_t bytes_max) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  char block[4096];
  while (text.size() < bytes_max && (in.read(block, sizeof block), in.gcount() > 0)) {
    text.append(block, static_cast<size_t>(in.gcount()));
  }
  return text;
}

// "3500007F:0035": words of 32 bits, each in the order of the host, then the port.
std::optional<SocketAddress> AddressIn(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, ':');
  uint32_t port = 0;
  if (!absl::SimpleHexAtoi(parts.second, &port) || port > 65'535) return std::nullopt;
  sockaddr_storage storage = {};
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  const bool is_v6 = parts.first.size() == 32;
  if (!is_v6 && parts.first.size() != 8) return std::nullopt;
  uint32_t words[4] = {};
  for (size_t i = 0; i < parts.first.size() / 8; ++i) {
    if (!absl::SimpleHexAtoi(parts.first.substr(8 * i, 8), &words[i])) return std::nullopt;
  }
  storage.ss_family = is_v6 ? AF_INET6 : AF_INET;
  if (is_v6) {
    std::memcpy(&v6->sin6_addr, words, sizeof words);
    v6->sin6_port = htons(static_cast<uint16_t>(port));
  } else {
    v4->sin_addr.s_addr = words[0];
    v4->sin_port = htons(static_cast<uint16_t>(port));
  }
  return SocketAddress::FromSystem(storage);
}

bool Conflict(const SocketAddress& there, const SocketAddress& wanted) {
  if (there.port() != wanted.port()) return false;
  // A socket on [::] may have the port of IPv4, too.
  if (there.family() != wanted.family())
    return there.family() == IpFamily::kV6 && there.IsWildcard();
  return there.IsWildcard() || wanted.IsWildcard() || there.AddressText() == wanted.AddressText();
}

// Which process has it open. Without the right to look at it: none.
void FindProcess(uint64_t inode, PortOwner& owner) {
  const std::string wanted = absl::StrCat("socket:[", inode, "]");
  std::error_code error;
  int left = kDescriptorsMax;
  for (fs::directory_iterator each("/proc", error), end; !error && each != end;
       each.increment(error)) {
    int pid = 0;
    if (!absl::SimpleAtoi(each->path().filename().string(), &pid)) continue;
    std::error_code hidden;
    for (fs::directory_iterator fd(each->path() / "fd", hidden), last;
         !hidden && fd != last && left > 0; fd.increment(hidden), --left) {
      std::error_code gone;
      if (fs::read_symlink(fd->path(), gone).string() != wanted) continue;
      owner.pid = pid;
      const std::string name = ReadStart(each->path() / "comm", 64);
      owner.program = Printable(name.substr(0, name.find('\n')));
      return;
    }
  }
}

}  // namespace

std::string PortOwner::WhoHasIt() const {
  if (pid == 0) return absl::StrCat("another process has ", address);
  return absl::StrCat(program, " (process ", pid, ") has ", address);
}

std::string PortOwner::ToText() const {
  const absl::string_view todo =
      absl::StartsWith(program, "systemd-resolve")
          ? ": set DNSStubListener=no in /etc/systemd/resolved.conf and restart systemd-resolved, "
            "or list the service addresses in listen:"
          : ": stop it, or choose another address";
  return absl::StrCat(WhoHasIt(), todo);
}

std::optional<PortSocket> FindPortSocket(absl::string_view table, const SocketAddress& address,
                                         bool is_tcp) {
  for (const absl::string_view line : absl::StrSplit(table, '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    // sl, local, remote, state, queues, timer, retransmits, uid, timeout, inode
    if (words.size() < 10 || (is_tcp && words[3] != kListens)) continue;
    const std::optional<SocketAddress> there = AddressIn(words[1]);
    uint64_t inode = 0;
    if (!there || !Conflict(*there, address) || !absl::SimpleAtoi(words[9], &inode)) continue;
    return PortSocket{inode, *there};
  }
  return std::nullopt;
}

std::optional<PortOwner> FindPortOwner(const SocketAddress& address, bool is_tcp) {
  const std::string table = absl::StrCat("/proc/net/", is_tcp ? "tcp" : "udp");
  for (const std::string& path : {table, absl::StrCat(table, "6")}) {
    const auto found = FindPortSocket(ReadStart(path, kTableBytesMax), address, is_tcp);
    if (!found.has_value()) continue;
    PortOwner owner;
    owner.address = found->address.ToText();
    FindProcess(found->inode, owner);
    return owner;
  }
  return std::nullopt;
}

bool IsOnThisHost(const SocketAddress& address) {
  const FileDescriptor probe(::socket(address.system_family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const absl::StatusOr<SocketAddress> own = address.WithPort(0).Resolve();
  if (!probe || !own.ok()) return true;  // It cannot be told.
  return ::bind(probe.get(), own->get(), own->size()) == 0 || errno != EADDRNOTAVAIL;
}

}  // namespace hither
