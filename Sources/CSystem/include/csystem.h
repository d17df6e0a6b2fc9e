// What Swift cannot import from the C library, or cannot say.
#ifndef SLUICE_CSYSTEM_H
#define SLUICE_CSYSTEM_H

#include "csystem_guard.h"

/// Asks for a cache line that will be read soon. Any address is allowed: a prefetch never faults.
static inline __attribute__((always_inline)) void csystem_prefetch(const void *address) {
  __builtin_prefetch(address, 0, 3);
}

#endif
