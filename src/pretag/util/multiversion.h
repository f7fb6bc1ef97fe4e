// PRETAG_MULTIVERSION before a function compiles it for several instruction sets; the program picks one when it starts.
// Not under sanitizers, whose start-up runs before the choice can be made.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define PRETAG_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PRETAG_MULTIVERSION
#endif
// The body shared by the versions must be inlined into each.
#define PRETAG_INLINE inline __attribute__((always_inline))
