#include "core/target.h"

#include <atomic>
#include <cstdlib>

#include "core/errors.h"

namespace pyanon {
namespace {

Target parse(const std::string& wanted, const char* where) {
  std::string known;
  for (Target target : available_targets()) {
    if (wanted == name(target)) return target;
    known += (known.empty() ? "" : ", ") + std::string(name(target));
  }
  throw ArgumentError(std::string(where) + " names SIMD instructions that this machine cannot run", wanted, known,
                      "unset it, or name one of those");
}

Target first_target() {
  const char* wanted = std::getenv("PYANON_SIMD");
  return wanted != nullptr && *wanted != '\0' ? parse(wanted, "PYANON_SIMD") : available_targets().back();
}

std::atomic<Target>& current() {
  static std::atomic<Target> target{first_target()};
  return target;
}

}  // namespace

const char* name(Target target) {
  switch (target) {
    case Target::avx2:
      return "avx2";
    case Target::avx512:
      return "avx512";
    case Target::neon:
      return "neon";
    default:
      return "portable";
  }
}

std::vector<Target> available_targets() {
  std::vector<Target> targets{Target::portable};
#if defined(PYANON_X86)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2");
  if (avx2) targets.push_back(Target::avx2);
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi"))
    targets.push_back(Target::avx512);
#elif defined(PYANON_NEON)
  targets.push_back(Target::neon);
#endif
  return targets;
}

Target active_target() { return current().load(std::memory_order_relaxed); }

void force_target(const std::string& wanted) {
  current().store(parse(wanted, "force_target"), std::memory_order_relaxed);
}

}  // namespace pyanon
