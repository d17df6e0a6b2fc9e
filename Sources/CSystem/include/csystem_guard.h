// Mapped files that shrink while they are read.
//
// Reading a page of a mapping beyond the end of its file raises SIGBUS. Within a guarded range the
// handler puts zero pages in its place and marks the range; every other SIGBUS goes on to the
// handler that was there before.
#ifndef SLUICE_CSYSTEM_GUARD_H
#define SLUICE_CSYSTEM_GUARD_H

#include <stddef.h>

/// Guards `length` bytes from `base`, which must be the start of a mapping.
/// Returns a slot for the other functions, or -1 when all slots are taken.
int csystem_guard_add(const void *base, size_t length);

/// The lowest offset of a page that could not be read, or -1 while there is none.
long csystem_guard_fault(int slot);

/// Whether a page of any guarded range could not be read since the start of the process.
int csystem_guard_has_faulted(void);

/// Ends the guarding. Call it before the memory is unmapped.
void csystem_guard_remove(int slot);

#endif
