#ifndef HITHER_ZONES_LDNS_WRAPPER_H_
#define HITHER_ZONES_LDNS_WRAPPER_H_

// <ldns/ldns.h> makes bool, true and false macros unless <stdbool.h> came first.
#include <ldns/ldns.h>
#include <stdbool.h>

#endif  // HITHER_ZONES_LDNS_WRAPPER_H_
