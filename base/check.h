#ifndef HITHER_BASE_CHECK_H_
#define HITHER_BASE_CHECK_H_

#include <cstdio>
#include <cstdlib>

// For what can only be false if we are wrong. Always on, and never on a value that a packet or a
// file can choose: that would be a remote off switch.
#define HITHER_CHECK(condition)                                                          \
  do {                                                                                   \
    if (!(condition)) [[unlikely]] {                                                     \
      std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)

#endif  // HITHER_BASE_CHECK_H_
