#define _GNU_SOURCE
#include "csystem_guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// The handler may run on any thread at any time, so the table is fixed and made of atomics alone.
// A slot is free while `base` is 0; `base` is written last and cleared first.
// Linux allows about as many mappings.
enum { slot_count = 65536 };

typedef struct {
  _Atomic uintptr_t base;
  _Atomic uintptr_t end;
  _Atomic long fault;
} guarded_range;

static guarded_range ranges[slot_count];
static int next_slot;
static atomic_int has_faulted;
static struct sigaction previous;
static uintptr_t page_size;
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t installation = PTHREAD_ONCE_INIT;

static void note_fault(guarded_range *range, long offset) {
  atomic_store(&has_faulted, 1);
  long known = atomic_load(&range->fault);
  while ((known < 0 || offset < known)
         && !atomic_compare_exchange_weak(&range->fault, &known, offset)) {
  }
}

// Zero pages from the faulting one to the end of the range: what lies behind it is gone as well,
// and one fault is enough. mmap is a plain system call on Linux and safe in a handler.
static int cover(uintptr_t address) {
  uintptr_t page = address & ~(page_size - 1);
  for (int slot = 0; slot < slot_count; slot++) {
    uintptr_t base = atomic_load(&ranges[slot].base);
    uintptr_t end = atomic_load(&ranges[slot].end);
    if (base == 0 || address < base || address >= end) continue;
    void *zeros = mmap((void *)page, end - page, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (zeros == MAP_FAILED) return 0;
    note_fault(&ranges[slot], (long)(page - base));
    return 1;
  }
  return 0;
}

static void pass_on(int signal_number, siginfo_t *info, void *context) {
  if (previous.sa_flags & SA_SIGINFO) {
    previous.sa_sigaction(signal_number, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal_number);
  } else if (previous.sa_handler != SIG_IGN || info->si_code > 0) {
    // The instruction is run again and ends the process as it would have without us. A signal
    // that another process sent is not repeated by itself.
    sigaction(SIGBUS, &previous, NULL);
    if (info->si_code <= 0) raise(SIGBUS);
  }
}

static void handle(int signal_number, siginfo_t *info, void *context) {
  int saved = errno;
  if (info->si_code <= 0 || !cover((uintptr_t)info->si_addr)) {
    pass_on(signal_number, info, context);
  }
  errno = saved;
}

static void install(void) {
  page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
  struct sigaction action = {0};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  // Known before the handler can run.
  sigaction(SIGBUS, NULL, &previous);
  sigaction(SIGBUS, &action, NULL);
}

int csystem_guard_add(const void *base, size_t length) {
  pthread_once(&installation, install);
  uintptr_t pages = (length + page_size - 1) / page_size * page_size;
  int found = -1;
  pthread_mutex_lock(&table_lock);
  for (int count = 0; count < slot_count && found < 0; count++) {
    int slot = (next_slot + count) % slot_count;
    if (atomic_load(&ranges[slot].base) != 0) continue;
    atomic_store(&ranges[slot].fault, -1);
    atomic_store(&ranges[slot].end, (uintptr_t)base + pages);
    atomic_store(&ranges[slot].base, (uintptr_t)base);
    found = slot;
    next_slot = (slot + 1) % slot_count;
  }
  pthread_mutex_unlock(&table_lock);
  return found;
}

int csystem_guard_has_faulted(void) { return atomic_load(&has_faulted); }

long csystem_guard_fault(int slot) { return atomic_load(&ranges[slot].fault); }

void csystem_guard_remove(int slot) { atomic_store(&ranges[slot].base, 0); }
