#ifndef HITHER_BASE_LDNS_WRAPPER_H_
#define HITHER_BASE_LDNS_WRAPPER_H_

// <ldns/ldns.h> makes bool, true and false macros unless <stdbool.h> came first.
// clang-format off
#include <stdbool.h>

#include <ldns/ldns.h>
// clang-format on

#endif  // HITHER_BASE_LDNS_WRAPPER_H_
