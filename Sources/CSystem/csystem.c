#define _GNU_SOURCE
#include "csystem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int csystem_shared_memory(const char *name, size_t size) {
  int descriptor = memfd_create(name, MFD_CLOEXEC);
  if (descriptor >= 0 && ftruncate(descriptor, (off_t)size) != 0) {
    close(descriptor);
    return -1;
  }
  return descriptor;
}

int csystem_wait(sem_t *semaphore, int64_t nanoseconds) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += nanoseconds / 1000000000;
  end.tv_nsec += nanoseconds % 1000000000;
  if (end.tv_nsec >= 1000000000) {
    end.tv_nsec -= 1000000000;
    end.tv_sec += 1;
  }
  while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &end) != 0) {
    if (errno != EINTR) return 0;
  }
  return 1;
}

void csystem_touch(const void *start, size_t length) {
  const volatile char *bytes = start;
  for (size_t offset = 0; offset < length; offset += 1 << 16) {
    size_t last = offset + (1 << 16) - 1;
    (void)bytes[offset];
    (void)bytes[last < length ? last : length - 1];
  }
}

struct csystem_faults csystem_thread_faults(void) {
  struct rusage usage = {0};
  getrusage(RUSAGE_THREAD, &usage);
  return (struct csystem_faults){.major = usage.ru_majflt, .minor = usage.ru_minflt};
}

size_t csystem_resident_files(void) {
  char text[96] = {0};
  int descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  ssize_t length = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  size_t all, resident, shared;
  if (length <= 0 || sscanf(text, "%zu %zu %zu", &all, &resident, &shared) != 3) return 0;
  return shared * (size_t)sysconf(_SC_PAGESIZE);
}

int csystem_has_faulted(long faults) {
  static _Thread_local long last;
  struct csystem_faults now = csystem_thread_faults();
  if (now.major + now.minor - last < faults) return 0;
  last = now.major + now.minor;
  return 1;
}
