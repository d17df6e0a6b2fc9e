// What Swift cannot import from the C library, or cannot say.
#ifndef SLUICE_CSYSTEM_H
#define SLUICE_CSYSTEM_H

#include "csystem_guard.h"
#include "csystem_search.h"

#include <malloc.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>

/// Asks for a cache line that will be read soon. Any address is allowed: a prefetch never faults.
static inline __attribute__((always_inline)) void csystem_prefetch(const void *address) {
  __builtin_prefetch(address, 0, 3);
}

/// How many bytes there is room for in what `malloc` has given.
static inline __attribute__((always_inline)) size_t csystem_room(void *memory) {
  return malloc_usable_size(memory);
}

/// Reads a byte at both ends of each 64 KiB, so that the kernel maps the pages between them.
void csystem_touch(const void *start, size_t length);

/// The page faults of this thread so far: those that waited for the disk, and the others.
struct csystem_faults {
  long major;
  long minor;
};
struct csystem_faults csystem_thread_faults(void);

/// Whether this thread has had so many page faults since it was last true.
int csystem_has_faulted(long faults);

/// Bytes of files and of shared memory that are in the memory of this process; 0 where nobody tells.
size_t csystem_resident_files(void);

/// The descriptor of fresh shared memory (memfd), or -1.
int csystem_shared_memory(const char *name, size_t size);

/// Waits for a post, and at most so long by the monotonic clock; 0 when none came.
int csystem_wait(sem_t *semaphore, int64_t nanoseconds);

#endif
