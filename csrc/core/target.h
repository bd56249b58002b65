// Which instructions the kernels use: chosen once at run time, forced for tests.
#pragma once

#include <string>
#include <vector>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define PYANON_X86 1
#define PYANON_AVX2 __attribute__((target("avx2")))
#define PYANON_AVX512 __attribute__((target("avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")))
#elif defined(__aarch64__)
#define PYANON_NEON 1
#endif

#if defined(__GNUC__) || defined(__clang__)
#define PYANON_INLINE inline __attribute__((always_inline))
#define PYANON_RESTRICT __restrict__
#else
#define PYANON_INLINE inline
#define PYANON_RESTRICT
#endif

namespace pyanon {

enum class Target { portable, avx2, avx512, neon };

const char* name(Target target);

// The targets that this build has and this processor can run, plainest first.
std::vector<Target> available_targets();

// The target in use: the best available one, or the one that PYANON_SIMD names.
Target active_target();

// Uses one target from now on. Raises ArgumentError where this machine cannot run it.
void force_target(const std::string& name);

}  // namespace pyanon

// From one always-inlined loop, makes one function per target (the compiler vectorises each for its own instructions)
// and `loop_for(target)`, which picks. Every target runs the same written arithmetic, so all give the same bits.
#if defined(PYANON_X86)
#define PYANON_VERSIONS(loop, PARAMETERS, ARGUMENTS)               \
  void loop##_portable PARAMETERS { loop ARGUMENTS; }              \
  PYANON_AVX2 void loop##_avx2 PARAMETERS { loop ARGUMENTS; }      \
  PYANON_AVX512 void loop##_avx512 PARAMETERS { loop ARGUMENTS; }  \
  inline auto loop##_for(::pyanon::Target target) {                \
    if (target == ::pyanon::Target::avx512) return &loop##_avx512; \
    if (target == ::pyanon::Target::avx2) return &loop##_avx2;     \
    return &loop##_portable;                                       \
  }
#else
#define PYANON_VERSIONS(loop, PARAMETERS, ARGUMENTS)  \
  void loop##_portable PARAMETERS { loop ARGUMENTS; } \
  inline auto loop##_for(::pyanon::Target) { return &loop##_portable; }
#endif
