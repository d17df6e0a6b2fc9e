#define _GNU_SOURCE
#include "cfuzzer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef SLUICE_FUZZING
extern int LLVMFuzzerRunDriver(int *count, char ***arguments,
                               int (*target)(const uint8_t *bytes, size_t count));

int cfuzzer_is_available(void) { return 1; }

int cfuzzer_run(int count, char **arguments, int (*target)(const uint8_t *bytes, size_t count)) {
  return LLVMFuzzerRunDriver(&count, &arguments, target);
}
#else
int cfuzzer_is_available(void) { return 0; }

int cfuzzer_run(int count, char **arguments, int (*target)(const uint8_t *bytes, size_t count)) {
  (void)count, (void)arguments, (void)target;
  return 2;
}
#endif

int cfuzzer_memory_file(void) { return memfd_create("fuzz", MFD_CLOEXEC); }

int cfuzzer_pipe(int ends[2], int capacity) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  if (capacity <= 65536 || fcntl(ends[1], F_SETPIPE_SZ, capacity) >= capacity) return 0;
  close(ends[0]);
  close(ends[1]);
  return -1;
}
