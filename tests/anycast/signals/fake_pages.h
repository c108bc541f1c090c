#ifndef HITHER_TESTS_ANYCAST_SIGNALS_FAKE_PAGES_H_
#define HITHER_TESTS_ANYCAST_SIGNALS_FAKE_PAGES_H_

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/socket_address.h"

namespace hither {

inline std::string Http(const std::string& body, const std::string& status = "200 OK") {
  return absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

// Answers each connection with one text, then closes it.
class FakePages {
 public:
  explicit FakePages(std::string answer) : answer_(std::move(answer)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const SocketAddress any = *SocketAddress::FromText("127.0.0.1:0", 0);
    EXPECT_EQ(::bind(fd_, any.get(), any.size()), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    sockaddr_storage bound = {};
    socklen_t bytes = sizeof bound;
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &bytes), 0);
    address_ = SocketAddress::FromSystem(bound);
    thread_ = std::thread([this] { Run(); });
  }
  ~FakePages() {
    ::shutdown(fd_, SHUT_RDWR);  // accept() ends.
    thread_.join();
    ::close(fd_);
  }
  const SocketAddress& address() const { return address_; }
  void Answer(std::string answer) {  // From the next connection on.
    const std::lock_guard lock(mu_);
    answer_ = std::move(answer);
  }
  std::string request() {
    const std::lock_guard lock(mu_);
    return request_;
  }

 private:
  void Run() {
    for (int fd; (fd = ::accept(fd_, nullptr, nullptr)) >= 0; ::close(fd)) {
      char octets[2'000];
      const ssize_t got = ::recv(fd, octets, sizeof octets, 0);
      std::string answer;
      {
        const std::lock_guard lock(mu_);
        if (got > 0) request_.assign(octets, static_cast<size_t>(got));
        answer = answer_;
      }
      for (size_t at = 0; at < answer.size();) {
        const ssize_t sent = ::send(fd, answer.data() + at, answer.size() - at, MSG_NOSIGNAL);
        if (sent <= 0) break;
        at += static_cast<size_t>(sent);
      }
    }
  }

  int fd_;
  SocketAddress address_;
  std::mutex mu_;  // Guards the next two.
  std::string answer_;
  std::string request_;
  std::thread thread_;
};

}  // namespace hither

#endif  // HITHER_TESTS_ANYCAST_SIGNALS_FAKE_PAGES_H_
