#pragma once
#include <stddef.h>
#include <stdint.h>

/// Whether libFuzzer is linked in: only in what Scripts/fuzz builds.
int cfuzzer_is_available(void);

/// Runs libFuzzer with its own arguments; `arguments[0]` is the program. Returns its exit status.
int cfuzzer_run(int count, char **arguments, int (*target)(const uint8_t *bytes, size_t count));

/// A file in memory, empty; -1 where there is none.
int cfuzzer_memory_file(void);

/// A pipe that holds at least `capacity` bytes: 0, and its ends; or -1.
int cfuzzer_pipe(int ends[2], int capacity);
