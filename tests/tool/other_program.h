#ifndef HITHER_TESTS_TOOL_OTHER_PROGRAM_H_
#define HITHER_TESTS_TOOL_OTHER_PROGRAM_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {

// A program of somebody else's at an address where ours is sought: every request gets the same
// octets, and then the connection ends.
class OtherProgram {
 public:
  explicit OtherProgram(std::string answer) : answer_(std::move(answer)) {
    sockaddr_in here = {};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&here), size), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &size), 0);
    EXPECT_EQ(listen(fd_, 16), 0);
    address_ = absl::StrCat("127.0.0.1:", ntohs(here.sin_port));
    thread_ = std::thread([this] { Serve(); });
  }
  ~OtherProgram() {
    shutdown(fd_, SHUT_RDWR);  // Ends accept().
    thread_.join();
    close(fd_);
  }
  OtherProgram(const OtherProgram&) = delete;
  OtherProgram& operator=(const OtherProgram&) = delete;

  const std::string& address() const { return address_; }
  // All requests.
  std::string asked() const {
    const std::lock_guard lock(mu_);
    return asked_;
  }

 private:
  void Serve() {
    for (int client; (client = accept(fd_, nullptr, nullptr)) >= 0; close(client)) {
      std::string head;
      char block[4'096];
      while (head.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = recv(client, block, sizeof block, 0);
        if (got <= 0) break;
        head.append(block, static_cast<size_t>(got));
      }
      {
        const std::lock_guard lock(mu_);
        asked_ += head;
      }
      send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
  }

  const std::string answer_;
  const int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string address_;
  mutable std::mutex mu_;  // Guards asked_.
  std::string asked_;
  std::thread thread_;
};

}  // namespace hither

#endif  // HITHER_TESTS_TOOL_OTHER_PROGRAM_H_
