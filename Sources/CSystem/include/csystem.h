// What Swift cannot import from the C library, or cannot say.
#ifndef SLUICE_CSYSTEM_H
#define SLUICE_CSYSTEM_H

#include "csystem_guard.h"
#include "csystem_search.h"

#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>

/// Asks for a cache line that will be read soon. Any address is allowed: a prefetch never faults.
static inline __attribute__((always_inline)) void csystem_prefetch(const void *address) {
  __builtin_prefetch(address, 0, 3);
}

/// The descriptor of fresh shared memory (memfd), or -1.
int csystem_shared_memory(const char *name, size_t size);

/// Waits for a post, and at most so long by the monotonic clock; 0 when none came.
int csystem_wait(sem_t *semaphore, int64_t nanoseconds);

#endif
