// The search for two bytes at a time, by the widest vectors of the machine.
#ifndef SLUICE_CSYSTEM_SEARCH_H
#define SLUICE_CSYSTEM_SEARCH_H

#include <stddef.h>
#include <stdint.h>

/// All bytes that are `value` with the bits of `mask` set: a byte, or both cases of a letter.
struct csystem_byte {
  uint8_t value;
  uint8_t mask;
};

/// The first index below `count` at which `one` stands in `first` and `other` in `second`, or `count`.
size_t csystem_find_pair(
    const uint8_t *first, const uint8_t *second, size_t count, struct csystem_byte one,
    struct csystem_byte other);

#endif
