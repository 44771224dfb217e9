/* meProp's backward products, example by example: of each its k largest |g|, and only those rows of W.

Matrices W [outputs, inputs]. Source: arXiv:1706.06197v5, section 2. */
#include "numbers.h"
#include <stdlib.h>

#define EACH(c, n) for (long c = 0; c < (n); c++)

static const uint32_t SIZE = 0x7fffffff; /* all bits of a float32 but its sign: they order as |g| does, NaN on top */

/* the largest number that k of n sizes reach, found bit by bit; `equals`: how many of those that equal it are kept */
static uint32_t bound(const uint32_t *bits, long n, long k, long *equals) {
  uint32_t least = 0;
  for (int bit = 30; bit >= 0; bit--) {
    uint32_t asked = least | (uint32_t)1 << bit;
    int32_t reach = 0;
    EACH(i, n) reach += (bits[i] & SIZE) >= asked;
    if (reach >= k) least = asked;
    if (reach == k) break;
  }
  int32_t above = 0;
  EACH(i, n) above += (bits[i] & SIZE) > least;
  *equals = k - above;
  return least;
}

/* at [examples, k]: places of the k largest |g| of each row of g [examples, n], in order; among equals the first. Rows
   that are `parts` of one longer row each, in turn, have their places in that */
void rows_choose(const float *g, long g_row, long examples, long n, long k, long parts, int64_t *at) {
  enum { LOOK = 32 };
  EACH(b, examples) {
    const uint32_t *bits = (const uint32_t *)(g + b * g_row);
    long equals, m = b * k, before = b % parts * n;
    uint32_t least = bound(bits, n, k, &equals);
    for (long from = 0; from < n; from += LOOK) { /* most of few are nowhere: a look at many before one at each */
      long to = n - from < LOOK ? n : from + LOOK;
      uint32_t any = 0;
      for (long i = from; i < to; i++) any |= (bits[i] & SIZE) >= least;
      if (!any) continue;
      for (long i = from; i < to; i++) {
        uint32_t own = bits[i] & SIZE;
        if (own > least || (own == least && equals-- > 0)) at[m++] = before + i;
      }
    }
  }
}

/* kept [examples, n], contiguous: g where it is chosen, else 0 */
void rows_keep(const float *g, long g_row, long examples, long n, long k, float *kept) {
  EACH(b, examples) {
    const float *own = g + b * g_row;
    const uint32_t *bits = (const uint32_t *)own;
    float *restrict to = kept + b * n;
    long equals;
    uint32_t least = bound(bits, n, k, &equals);
    EACH(i, n) to[i] = (bits[i] & SIZE) >= least ? own[i] : 0;
    long surplus = -equals; /* of those that equal the bound the last are too many */
    EACH(i, n) surplus += (bits[i] & SIZE) == least;
    for (long i = n - 1; surplus > 0; i--)
      if ((bits[i] & SIZE) == least) to[i] = 0, surplus--;
  }
}

/* Whether each row is needed by so many examples that it pays to keep to some columns, which stay in the cache. As of
   `like` entries an example: of what is compared with fewer of them, loops of another kind would be another code. */
static int many(long batch, long like, long outputs) { return batch * like > 4 * outputs; }

static void add(const float *from, float factor, float *restrict to, long n) { EACH(i, n) to[i] += factor * from[i]; }
static void put(const float *from, float factor, float *restrict to, long n) { EACH(i, n) to[i] = factor * from[i]; }

/* One row of g_w from c on, NARROW columns of it, plus what n entries add to it: kept in registers meanwhile */
enum { LINE = 16, LINES = 8, NARROW = LINE * LINES };
typedef float line __attribute__((vector_size(4 * LINE)));
typedef struct {
  int32_t example;
  float factor;
} entry;

static void gather_narrow(const float *x, long x_row, const entry *of, long n, float *row) {
  line sum[LINES];
  memcpy(sum, row, sizeof sum);
  EACH(e, n) {
    const float *from = x + of[e].example * x_row;
    for (int l = 0; l < LINES; l++) {
      line own;
      memcpy(&own, from + l * LINE, sizeof own);
      sum[l] += of[e].factor * own;
    }
  }
  memcpy(row, sum, sizeof sum);
}

/* g_w += what `batch` examples add to it, row by row: `of` [batch k] room for entries, `end` [outputs] */
static void gather_rows(const float *x, long x_row, const float *g, long g_row, const int64_t *at, long batch, long k,
                        long inputs, long outputs, float *g_w, entry *of, int32_t *end) {
  memset(end, 0, outputs * sizeof *end);
  EACH(e, batch * k) end[at[e]]++;
  int32_t before = 0;
  EACH(o, outputs) {
    int32_t own = end[o];
    end[o] = before;
    before += own;
  }
  EACH(b, batch) EACH(j, k) {
    long o = at[b * k + j];
    of[end[o]++] = (entry){(int32_t)b, g[b * g_row + o]};
  }
  for (long c = 0; c < inputs; c += NARROW)
    EACH(o, outputs) {
      long from = o ? end[o - 1] : 0, n = end[o] - from;
      if (inputs - c >= NARROW)
        gather_narrow(x + c, x_row, of + from, n, g_w + o * inputs + c);
      else
        EACH(e, n) add(x + of[from + e].example * x_row + c, of[from + e].factor, g_w + o * inputs + c, inputs - c);
    }
}

/* All of g_w anew from many examples, each row written many times; 0 if there is no memory for what that takes */
static int gather(const float *x, long x_row, const float *g, long g_row, const int64_t *at, long batch, long k,
                  long inputs, long outputs, float *g_w) {
  enum { EXAMPLES = 1024 }; /* whose columns stay in the cache while each is added to k rows */
  entry *of = malloc(EXAMPLES * k * sizeof *of);
  int32_t *end = malloc(outputs * sizeof *end);
  int there = of && end;
  if (there) {
    memset(g_w, 0, outputs * inputs * sizeof *g_w);
    for (long b = 0; b < batch; b += EXAMPLES)
      gather_rows(x + b * x_row, x_row, g + b * g_row, g_row, at + b * k, batch - b < EXAMPLES ? batch - b : EXAMPLES, k,
                  inputs, outputs, g_w, of, end);
  }
  free(of);
  free(end);
  return there;
}

/* g_w [outputs, inputs] = sum over examples of their k rows of g x; others are zero. `written` [outputs]: which rows
   the last call wrote, so that no others need be cleared; -1 marks those while they have not been written again */
void rows_weight(const float *x, long x_row, const float *g, long g_row, const int64_t *at, long batch, long k,
                 long like, long inputs, long outputs, float *g_w, int32_t *written) {
  if (many(batch, like, outputs) && gather(x, x_row, g, g_row, at, batch, k, inputs, outputs, g_w)) {
    EACH(o, outputs) written[o] = 1;
    return;
  }
  EACH(o, outputs) written[o] = -written[o];
  EACH(b, batch) EACH(j, k) {
    long o = at[b * k + j];
    (written[o] > 0 ? add : put)(x + b * x_row, g[b * g_row + o], g_w + o * inputs, inputs);
    written[o] = 1;
  }
  EACH(o, outputs) if (written[o] < 0) {
    memset(g_w + o * inputs, 0, inputs * sizeof *g_w);
    written[o] = 0;
  }
}

/* sum [n] of k rows of w, times what g has there; four at a time, so that the sum is read and written less often */
static void gathered(const float *w, long w_row, const float *g, const int64_t *rows, long k, float *restrict sum,
                     long n) {
  long j = 0;
  memset(sum, 0, n * sizeof *sum);
  for (; j + 4 <= k; j += 4) {
    const float *p = w + rows[j] * w_row, *q = w + rows[j + 1] * w_row, *s = w + rows[j + 2] * w_row,
                *t = w + rows[j + 3] * w_row;
    float gp = g[rows[j]], gq = g[rows[j + 1]], gs = g[rows[j + 2]], gt = g[rows[j + 3]];
    EACH(i, n) sum[i] += gp * p[i] + gq * q[i] + gs * s[i] + gt * t[i];
  }
  for (; j < k; j++) add(w + rows[j] * w_row, g[rows[j]], sum, n);
}

/* g_x [batch, inputs], contiguous: of each example the sum of its k rows of w [outputs, inputs], times g there */
void rows_input(const float *w, const float *g, long g_row, const int64_t *at, long batch, long k, long like,
                long inputs, long outputs, float *g_x) {
  enum { BLOCK = 256 };
  long width = many(batch, like, outputs) ? BLOCK : inputs;
  for (long c = 0; c < inputs; c += width)
    EACH(b, batch)
    gathered(w + c, inputs, g + b * g_row, at + b * k, k, g_x + b * inputs + c, inputs - c < width ? inputs - c : width);
}
