/* Products with a few outputs, samples as columns: x [inputs, samples] is read once, four of its rows at a time. */
#include "numbers.h"

typedef double f64;
enum { BYTES = 64, INPUTS = 4 };

#define INSIDE static inline __attribute__((always_inline)) void

/* n outputs and m inputs, both known to the compiler, which unrolls those loops and takes samples side by side */
#define COLUMNS(T)                                                                                                \
  typedef T line_##T __attribute__((vector_size(BYTES)));                                                           \
                                                                                                                    \
  INSIDE ahead_##T(const int n, const int m, const T *w, long w_row, const T *x, long x_row, T *restrict y,         \
                   long y_row, long samples) {                                                                      \
    T c[2][INPUTS];                                                                                                 \
    for (int o = 0; o < n; o++)                                                                                     \
      for (int i = 0; i < m; i++) c[o][i] = w[o * w_row + i];                                                       \
    for (long s = 0; s < samples; s++)                                                                              \
      for (int o = 0; o < n; o++) {                                                                                 \
        T sum = y[o * y_row + s];                                                                                   \
        for (int i = 0; i < m; i++) sum += c[o][i] * x[i * x_row + s];                                              \
        y[o * y_row + s] = sum;                                                                                     \
      }                                                                                                             \
  }                                                                                                                 \
                                                                                                                    \
  INSIDE back_##T(const int n, const int m, const T *d, long d_row, const T *x, long x_row, T *g, long g_row,       \
                  long samples) {                                                                                   \
    enum { LANES = BYTES / sizeof(T) };                                                                             \
    line_##T sum[2][INPUTS] = {0}, above[2], own;                                                                   \
    long s = 0;                                                                                                     \
    for (; s + LANES <= samples; s += LANES) {                                                                      \
      for (int o = 0; o < n; o++) memcpy(&above[o], d + o * d_row + s, BYTES);                                      \
      for (int i = 0; i < m; i++) {                                                                                 \
        memcpy(&own, x + i * x_row + s, BYTES);                                                                     \
        for (int o = 0; o < n; o++) sum[o][i] += above[o] * own;                                                    \
      }                                                                                                             \
    }                                                                                                               \
    for (int o = 0; o < n; o++)                                                                                     \
      for (int i = 0; i < m; i++) {                                                                                 \
        T total = 0;                                                                                                \
        for (int l = 0; l < LANES; l++) total += sum[o][i][l];                                                      \
        for (long t = s; t < samples; t++) total += d[o * d_row + t] * x[i * x_row + t];                            \
        g[o * g_row + i] = total;                                                                                   \
      }                                                                                                             \
  }                                                                                                                 \
                                                                                                                    \
  /* y [runs, outputs, samples], contiguous, of w [runs, outputs, inputs]: y += w x, after y = b where b is given */  \
  void columns_ahead_##T(const T *w, long w_run, long w_row, const T *x, long x_run, long x_row, const T *b,        \
                         long b_run, T *y, long runs, long outputs, long inputs, long samples) {                    \
    for (long r = 0; r < runs; r++)                                                                                 \
      for (long o = 0; o < outputs; o += 2) {                                                                       \
        const T *from = w + r * w_run + o * w_row, *own = x + r * x_run;                                            \
        T *to = y + (r * outputs + o) * samples;                                                                    \
        int two = o + 1 < outputs;                                                                                  \
        for (int j = 0; b && j <= two; j++)                                                                         \
          for (long s = 0; s < samples; s++) to[j * samples + s] = b[r * b_run + o + j];                            \
        long i = 0;                                                                                                 \
        for (; two && i + INPUTS <= inputs; i += INPUTS)                                                            \
          ahead_##T(2, INPUTS, from + i, w_row, own + i * x_row, x_row, to, samples, samples);                      \
        for (; two && i + 2 <= inputs; i += 2)                                                                      \
          ahead_##T(2, 2, from + i, w_row, own + i * x_row, x_row, to, samples, samples);                           \
        for (; two && i < inputs; i++)                                                                              \
          ahead_##T(2, 1, from + i, w_row, own + i * x_row, x_row, to, samples, samples);                           \
        for (; i < inputs; i++) ahead_##T(1, 1, from + i, w_row, own + i * x_row, x_row, to, samples, samples);     \
      }                                                                                                             \
  }                                                                                                                 \
                                                                                                                    \
  /* g [runs, outputs, inputs] = d x^T for d [runs, outputs, samples] */                                            \
  void columns_back_##T(const T *d, long d_run, long d_row, const T *x, long x_run, long x_row, T *g, long g_run,   \
                        long g_row, long runs, long outputs, long inputs, long samples) {                           \
    for (long r = 0; r < runs; r++)                                                                                 \
      for (long o = 0; o < outputs; o += 2) {                                                                       \
        const T *above = d + r * d_run + o * d_row, *own = x + r * x_run;                                           \
        T *to = g + r * g_run + o * g_row;                                                                          \
        int two = o + 1 < outputs;                                                                                  \
        long i = 0;                                                                                                 \
        for (; two && i + INPUTS <= inputs; i += INPUTS)                                                            \
          back_##T(2, INPUTS, above, d_row, own + i * x_row, x_row, to + i, g_row, samples);                        \
        for (; two && i + 2 <= inputs; i += 2)                                                                      \
          back_##T(2, 2, above, d_row, own + i * x_row, x_row, to + i, g_row, samples);                             \
        for (; two && i < inputs; i++) back_##T(2, 1, above, d_row, own + i * x_row, x_row, to + i, g_row, samples);\
        for (; i < inputs; i++) back_##T(1, 1, above, d_row, own + i * x_row, x_row, to + i, g_row, samples);       \
      }                                                                                                             \
  }

COLUMNS(f32)
COLUMNS(f64)
