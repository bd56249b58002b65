// Grids of threads as loops. The threads of a block that waits for its threads are fibers: each has a stack of its own,
// and runs until it waits or ends.
#include <cuda_runtime.h>
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace {

constexpr size_t kStack = 128 << 10;
constexpr unsigned kMostThreads = 1024, kMostRows = 65535;

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  uint3 thread;
  bool done = true;
};

std::mutex one_launch_at_a_time;
std::vector<Fiber> fibers;
ucontext_t scheduler;
Fiber* running = nullptr;
const std::function<void()>* body = nullptr;
int votes = 0, next_votes = 0;
cudaError_t last_error = cudaSuccess;

[[noreturn]] void misuse(const char* what) {
  std::fprintf(stderr, "CUDA emulation: block (%u, %u, %u): %s\n", blockIdx.x, blockIdx.y, blockIdx.z, what);
  std::abort();
}

void enter() {
  (*body)();
  running->done = true;
}

void resume(Fiber& fiber) {
  running = &fiber;
  threadIdx = fiber.thread;
  swapcontext(&scheduler, &fiber.context);
  running = nullptr;
}

void start(Fiber& fiber, const uint3& thread) {
  if (!fiber.stack) fiber.stack = std::make_unique<char[]>(kStack);
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = kStack;
  fiber.context.uc_link = &scheduler;
  fiber.thread = thread;
  fiber.done = false;
  makecontext(&fiber.context, enter, 0);
  resume(fiber);
}

std::vector<uint3> threads_of_a_block() {
  std::vector<uint3> all;
  for (unsigned z = 0; z < blockDim.z; ++z)
    for (unsigned y = 0; y < blockDim.y; ++y)
      for (unsigned x = 0; x < blockDim.x; ++x) all.push_back({x, y, z});
  return all;
}

// From one meeting of all threads to the next.
void run_phases(size_t count) {
  for (bool waiting = true; waiting;) {
    waiting = !fibers[0].done;
    for (size_t i = 1; i < count; ++i)
      if (fibers[i].done == waiting) misuse("some of its threads wait for others that have ended");
    votes = next_votes;
    next_votes = 0;
    for (size_t i = 0; waiting && i < count; ++i) resume(fibers[i]);
  }
}

void run_block(const std::vector<uint3>& threads) {
  start(fibers[0], threads[0]);
  if (fibers[0].done) {
    // Whoever waits now is told so by `meet`.
    for (size_t i = 1; i < threads.size(); ++i) threadIdx = threads[i], (*body)();
    return;
  }
  for (size_t i = 1; i < threads.size(); ++i) start(fibers[i], threads[i]);
  run_phases(threads.size());
}

cudaError_t checked(const cudaLaunchConfig_t& config) {
  const dim3 &grid = config.gridDim, &block = config.blockDim;
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  const bool some = grid.x > 0 && grid.y > 0 && grid.z > 0 && threads > 0;
  const bool fits = grid.x < 1u << 31 && grid.y <= kMostRows && grid.z <= kMostRows && threads <= kMostThreads;
  if (config.stream == kNoStream) return cudaErrorInvalidResourceHandle;
  return some && fits ? cudaSuccess : cudaErrorInvalidConfiguration;
}

}  // namespace

namespace emulation {

cudaError_t run(const cudaLaunchConfig_t& config, const std::function<void()>& thread) {
  const std::lock_guard<std::mutex> lock(one_launch_at_a_time);
  last_error = checked(config);
  if (last_error != cudaSuccess) return last_error;
  gridDim = config.gridDim;
  blockDim = config.blockDim;
  body = &thread;
  const std::vector<uint3> threads = threads_of_a_block();
  if (fibers.size() < threads.size()) fibers.resize(threads.size());
  for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
    for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
      for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x) run_block(threads);
  return cudaSuccess;
}

int meet(int vote) {
  if (running == nullptr) misuse("a thread waits for others that have ended");
  Fiber& own = *running;
  next_votes += vote;
  swapcontext(&own.context, &scheduler);
  return votes;
}

}  // namespace emulation

const char* cudaGetErrorString(cudaError_t status) {
  switch (status) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    default:
      return "invalid resource handle";
  }
}

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) { return device == 0 ? cudaSuccess : cudaErrorInvalidDevice; }

cudaError_t cudaMemsetAsync(void* to, int value, size_t count, cudaStream_t stream) {
  if (stream == kNoStream) return cudaErrorInvalidResourceHandle;
  std::memset(to, value, count);
  return cudaSuccess;
}
