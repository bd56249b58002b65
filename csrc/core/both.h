// Formulas that must give the same bits on the CPU and on a GPU are written once: such a function is marked with this.
#pragma once

#if defined(__CUDACC__)
#define PYANON_BOTH __host__ __device__
#else
#define PYANON_BOTH
#endif
