#include "csystem_search.h"

#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

static inline int matches(struct csystem_byte pattern, uint8_t byte) {
  return (byte | pattern.mask) == pattern.value;
}

static size_t find_pair_tail(
    const uint8_t *first, const uint8_t *second, size_t place, size_t count,
    struct csystem_byte one, struct csystem_byte other) {
  while (place < count && !(matches(one, first[place]) && matches(other, second[place]))) place++;
  return place;
}

#ifdef __x86_64__

// 32 bytes of each at a time, and four times that for each look at what came of it.
__attribute__((target("avx2"))) static size_t find_pair_wide(
    const uint8_t *first, const uint8_t *second, size_t count, struct csystem_byte one,
    struct csystem_byte other) {
  const __m256i value = _mm256_set1_epi8((char)one.value), mask = _mm256_set1_epi8((char)one.mask);
  const __m256i other_value = _mm256_set1_epi8((char)other.value);
  const __m256i other_mask = _mm256_set1_epi8((char)other.mask);
#define HITS(PLACE)                                                                              \
  _mm256_and_si256(                                                                              \
      _mm256_cmpeq_epi8(                                                                         \
          _mm256_or_si256(_mm256_loadu_si256((const __m256i *)(first + (PLACE))), mask), value), \
      _mm256_cmpeq_epi8(                                                                         \
          _mm256_or_si256(                                                                       \
              _mm256_loadu_si256((const __m256i *)(second + (PLACE))), other_mask),              \
          other_value))
  size_t place = 0;
  for (; place + 128 <= count; place += 128) {
    // What follows lies behind the next few packets' headers, and is in no cache of this core.
    __builtin_prefetch(first + place + 1024);
    __builtin_prefetch(first + place + 1088);
    const __m256i a = HITS(place), b = HITS(place + 32), c = HITS(place + 64),
                  d = HITS(place + 96);
    const __m256i any = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
    if (_mm256_movemask_epi8(any) == 0) continue;
    const uint64_t low = (uint32_t)_mm256_movemask_epi8(a) |
                         (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
    if (low != 0) return place + (size_t)__builtin_ctzll(low);
    const uint64_t high = (uint32_t)_mm256_movemask_epi8(c) |
                          (uint64_t)(uint32_t)_mm256_movemask_epi8(d) << 32;
    return place + 64 + (size_t)__builtin_ctzll(high);
  }
  for (; place + 32 <= count; place += 32) {
    const uint32_t hits = (uint32_t)_mm256_movemask_epi8(HITS(place));
    if (hits != 0) return place + (size_t)__builtin_ctz(hits);
  }
  // The last ones once more with those before them, in which there is no hit.
  if (place < count && count >= 32) {
    const uint32_t hits = (uint32_t)_mm256_movemask_epi8(HITS(count - 32));
    return hits != 0 ? count - 32 + (size_t)__builtin_ctz(hits) : count;
  }
#undef HITS
  return find_pair_tail(first, second, place, count, one, other);
}

#endif

// What every machine has: vectors of 16 bytes.
typedef uint8_t block __attribute__((vector_size(16)));

static size_t find_pair_plain(
    const uint8_t *first, const uint8_t *second, size_t count, struct csystem_byte one,
    struct csystem_byte other) {
  size_t place = 0;
  for (; place + 16 <= count; place += 16) {
    block a, b;
    memcpy(&a, first + place, 16);
    memcpy(&b, second + place, 16);
    const block hits = (block)((a | one.mask) == one.value) & (block)((b | other.mask) == other.value);
    uint64_t words[2];
    memcpy(words, &hits, 16);
    if ((words[0] | words[1]) != 0) break;
  }
  return find_pair_tail(first, second, place, count, one, other);
}

size_t csystem_find_pair(
    const uint8_t *first, const uint8_t *second, size_t count, struct csystem_byte one,
    struct csystem_byte other) {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) return find_pair_wide(first, second, count, one, other);
#endif
  return find_pair_plain(first, second, count, one, other);
}
