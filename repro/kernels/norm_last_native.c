/* Batch norm behind the activation, as Understanding SG has it: y = gamma (h - mean) / sigma + beta of h = phi(a). */
#include "numbers.h"

enum { COLUMNS = 64, RELU = 1, SIGMOID = 2 };

#define EACH(c, n) for (long c = 0; c < (n); c++)

static void one_forward(float *a, long a_row, const float *gamma, const float *beta, float *y, long y_row, float *mean,
                        float *rstd, float *var, long batch, long n, float eps, long relu) {
  float m[COLUMNS] = {0}, v[COLUMNS] = {0}, scale[COLUMNS];
  EACH(b, batch) EACH(c, n) {
    float h = a[b * a_row + c];
    h = relu && h < 0 ? 0 : h;
    a[b * a_row + c] = h;
    m[c] += h;
  }
  EACH(c, n) m[c] /= batch;
  EACH(b, batch) EACH(c, n) {
    float from_mean = a[b * a_row + c] - m[c];
    v[c] += from_mean * from_mean;
  }
  EACH(c, n) {
    mean[c] = m[c];
    var[c] = v[c] / batch;
    rstd[c] = 1 / sqrtf(var[c] + eps);
    scale[c] = gamma[c] * rstd[c];
  }
  EACH(b, batch) EACH(c, n) y[b * y_row + c] = (a[b * a_row + c] - m[c]) * scale[c] + beta[c];
}

/* a [runs, batch, width] becomes h; mean, rstd, var [runs, width], contiguous. A sigmoid is taken before. */
void norm_last_forward(float *a, long a_run, long a_row, const float *gamma, const float *beta, long p_run, float *y,
                       long y_run, long y_row, float *mean, float *rstd, float *var, long runs, long batch, long width,
                       float eps, long relu) {
  EACH(r, runs) for (long at = 0; at < width; at += COLUMNS) {
    long n = width - at < COLUMNS ? width - at : COLUMNS, p = r * p_run + at, s = r * width + at;
    one_forward(a + r * a_run + at, a_row, gamma + p, beta + p, y + r * y_run + at, y_row, mean + s, rstd + s, var + s,
                batch, n, eps, relu);
  }
}

static void one_backward(const float *d, long d_row, float *h, long h_row, const float *gamma, const float *mean,
                         const float *rstd, float *g_gamma, float *g_beta, float *g_b, long batch, long n, long act) {
  float sum[COLUMNS] = {0}, dot[COLUMNS] = {0}, bias[COLUMNS] = {0}, m[COLUMNS], scale[COLUMNS], slope[COLUMNS],
        rest[COLUMNS];
  EACH(c, n) m[c] = mean[c];
  EACH(b, batch) EACH(c, n) {
    sum[c] += d[b * d_row + c];
    dot[c] += d[b * d_row + c] * (h[b * h_row + c] - m[c]);
  }
  EACH(c, n) {
    g_beta[c] = sum[c];
    g_gamma[c] = dot[c] * rstd[c];
    scale[c] = gamma[c] * rstd[c];
    slope[c] = -scale[c] * rstd[c] * rstd[c] * dot[c] / batch;
    rest[c] = -scale[c] * sum[c] / batch;
  }
  EACH(b, batch) EACH(c, n) {
    float own = h[b * h_row + c];
    float z = d[b * d_row + c] * scale[c] + (own - m[c]) * slope[c] + rest[c];
    z = act == SIGMOID ? z * own * (1 - own) : act == RELU && own <= 0 ? 0 : z;
    bias[c] += z;
    h[b * h_row + c] = z;
  }
  EACH(c, n) g_b[c] = bias[c];
}

/* d = dL/dy; dL/da overwrites h. Gradients of gamma, beta and of the bias below a: [runs, width], g_run apart. */
void norm_last_backward(const float *d, long d_run, long d_row, float *h, long h_run, long h_row, const float *gamma,
                        long p_run, const float *mean, const float *rstd, float *g_gamma, float *g_beta, float *g_b,
                        long g_run, long runs, long batch, long width, long act) {
  EACH(r, runs) for (long at = 0; at < width; at += COLUMNS) {
    long n = width - at < COLUMNS ? width - at : COLUMNS, s = r * width + at, g = r * g_run + at;
    one_backward(d + r * d_run + at, d_row, h + r * h_run + at, h_row, gamma + r * p_run + at, mean + s, rstd + s,
                 g_gamma + g, g_beta + g, g_b + g, batch, n, act);
  }
}
