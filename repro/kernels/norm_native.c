/* Batch norm before ReLU, as DNI has it: y = max(0, gamma (a - mean) / sigma + beta), and its backward pass.

A block of columns is read from memory once and stays in the cache for mean, variance (two passes: exact where
E[a^2] - mean^2 would cancel) and result. NaN goes through, as in PyTorch. */
#include "numbers.h"

enum { COLUMNS = 64 };

#define EACH(c, n) for (long c = 0; c < (n); c++)

#define FORWARD(T)                                                                                                \
  static void one_forward_##T(const T *a, long a_row, const float *gamma, const float *beta, T *y, long y_row,      \
                              float *mean, float *rstd, float *var, long batch, long n, float eps) {                \
    float m[COLUMNS] = {0}, v[COLUMNS] = {0}, scale[COLUMNS];                                                       \
    EACH(b, batch) EACH(c, n) m[c] += from_##T(a[b * a_row + c]);                                                   \
    EACH(c, n) m[c] /= batch;                                                                                       \
    EACH(b, batch) EACH(c, n) {                                                                                     \
      float from_mean = from_##T(a[b * a_row + c]) - m[c];                                                          \
      v[c] += from_mean * from_mean;                                                                                \
    }                                                                                                               \
    EACH(c, n) {                                                                                                    \
      mean[c] = m[c];                                                                                               \
      var[c] = v[c] / batch;                                                                                        \
      rstd[c] = 1 / sqrtf(var[c] + eps);                                                                            \
      scale[c] = gamma[c] * rstd[c];                                                                                \
    }                                                                                                               \
    EACH(b, batch) EACH(c, n) {                                                                                     \
      float z = (from_##T(a[b * a_row + c]) - m[c]) * scale[c] + beta[c];                                           \
      y[b * y_row + c] = to_##T(z < 0 ? 0 : z);                                                                     \
    }                                                                                                               \
  }                                                                                                                 \
  /* a, y [runs, batch, width]; gamma, beta [runs, width]; mean, rstd, var [runs, width], contiguous */             \
  void norm_forward_##T(const T *a, long a_run, long a_row, const float *gamma, const float *beta, long p_run,      \
                        T *y, long y_run, long y_row, float *mean, float *rstd, float *var, long runs, long batch,  \
                        long width, float eps) {                                                                    \
    EACH(r, runs) for (long at = 0; at < width; at += COLUMNS) {                                                    \
      long n = width - at < COLUMNS ? width - at : COLUMNS, p = r * p_run + at, s = r * width + at;                 \
      one_forward_##T(a + r * a_run + at, a_row, gamma + p, beta + p, y + r * y_run + at, y_row, mean + s,          \
                      rstd + s, var + s, batch, n, eps);                                                            \
    }                                                                                                               \
  }

#define BACKWARD(T)                                                                                               \
  static void one_backward_##T(const T *d, long d_row, const T *y, long y_row, T *a, long a_row,                    \
                               const float *gamma, const float *mean, const float *rstd, float *g_gamma,            \
                               float *g_beta, long batch, long n) {                                                 \
    float sum[COLUMNS] = {0}, dot[COLUMNS] = {0}, scale[COLUMNS], slope[COLUMNS], rest[COLUMNS], m[COLUMNS];        \
    EACH(c, n) m[c] = mean[c];                                                                                      \
    EACH(b, batch) EACH(c, n) {                                                                                     \
      float z = from_##T(y[b * y_row + c]) <= 0 ? 0 : from_##T(d[b * d_row + c]);                                   \
      sum[c] += z;                                                                                                  \
      dot[c] += z * (from_##T(a[b * a_row + c]) - m[c]);                                                            \
    }                                                                                                               \
    EACH(c, n) {                                                                                                    \
      g_beta[c] = sum[c];                                                                                           \
      g_gamma[c] = dot[c] * rstd[c];                                                                                \
      scale[c] = gamma[c] * rstd[c];                                                                                \
      slope[c] = -scale[c] * rstd[c] * rstd[c] * dot[c] / batch;                                                    \
      rest[c] = -scale[c] * sum[c] / batch;                                                                         \
    }                                                                                                               \
    EACH(b, batch) EACH(c, n) {                                                                                     \
      float z = from_##T(y[b * y_row + c]) <= 0 ? 0 : from_##T(d[b * d_row + c]);                                   \
      float from_mean = from_##T(a[b * a_row + c]) - m[c];                                                          \
      a[b * a_row + c] = to_##T(z * scale[c] + from_mean * slope[c] + rest[c]);                                     \
    }                                                                                                               \
  }                                                                                                                 \
  /* d = dL/dy; dL/da overwrites a */                                                                               \
  void norm_backward_##T(const T *d, long d_run, long d_row, const T *y, long y_run, long y_row, T *a, long a_run,  \
                         long a_row, const float *gamma, long p_run, const float *mean, const float *rstd,          \
                         float *g_gamma, float *g_beta, long g_run, long runs, long batch, long width) {            \
    EACH(r, runs) for (long at = 0; at < width; at += COLUMNS) {                                                    \
      long n = width - at < COLUMNS ? width - at : COLUMNS, s = r * width + at, g = r * g_run + at;                 \
      one_backward_##T(d + r * d_run + at, d_row, y + r * y_run + at, y_row, a + r * a_run + at, a_row,             \
                       gamma + r * p_run + at, mean + s, rstd + s, g_gamma + g, g_beta + g, batch, n);              \
    }                                                                                                               \
  }

FORWARD(f32)
FORWARD(bf16)
BACKWARD(f32)
BACKWARD(bf16)
