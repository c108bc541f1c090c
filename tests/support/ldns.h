#ifndef HITHER_TESTS_SUPPORT_LDNS_H_
#define HITHER_TESTS_SUPPORT_LDNS_H_

// ldns makes macros of `bool`, `true` and `false` unless <stdbool.h> came before it.
#include <ldns/ldns.h>
#include <stdbool.h>  // NOLINT(modernize-deprecated-headers)

#endif  // HITHER_TESTS_SUPPORT_LDNS_H_
