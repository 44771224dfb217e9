/* AdaGrad: sum += g^2, x -= rate g / sqrt(sum). Where g is zero nothing moves, so rows without a gradient cost nothing. */
#include "numbers.h"

void adagrad(float *restrict x, const float *g, float *restrict sum, long n, float rate) {
  for (long i = 0; i < n; i++) {
    sum[i] += g[i] * g[i];
    x[i] -= rate * g[i] / sqrtf(sum[i]);
  }
}

/* x, g, sum [rows, n]; written [rows]: whether g of a row may be other than zero */
void adagrad_rows(float *x, const float *g, float *sum, long rows, long n, const int32_t *written, float rate) {
  for (long r = 0; r < rows; r++)
    if (written[r]) adagrad(x + r * n, g + r * n, sum + r * n, n, rate);
}
