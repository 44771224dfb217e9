/* A matrix copied so that its columns lie side by side, 16 x 16 numbers at a time, by four rounds of shuffles. */
#include "numbers.h"

enum { SIDE = 16 };

typedef float line __attribute__((vector_size(4 * SIDE)));
typedef int places __attribute__((vector_size(4 * SIDE)));

#if defined(__clang__)
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICK(a, b, ...) __builtin_shuffle(a, b, (places){__VA_ARGS__})
#endif

static void square(const float *from, long from_row, float *to, long to_row) {
  line a[SIDE], b[SIDE];
  for (int i = 0; i < SIDE; i++) memcpy(&a[i], from + i * from_row, sizeof a[i]);
  for (int round = 0; round < 4; round++) { /* line i and line i + 8, taken in turns, become lines 2i and 2i + 1 */
    for (int i = 0; i < SIDE / 2; i++) {
      line p = a[i], q = a[i + SIDE / 2];
      b[2 * i] = PICK(p, q, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      b[2 * i + 1] = PICK(p, q, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(a, b, sizeof a);
  }
  for (int i = 0; i < SIDE; i++) memcpy(to + i * to_row, &a[i], sizeof a[i]);
}

/* to [columns, rows], contiguous, of from [rows, columns], whose rows are from_row apart */
void transpose(const float *from, long from_row, long rows, long columns, float *restrict to) {
  for (long c = 0; c < columns; c += SIDE)
    for (long r = 0; r < rows; r += SIDE) {
      if (columns - c >= SIDE && rows - r >= SIDE) {
        square(from + r * from_row + c, from_row, to + c * rows + r, rows);
        continue;
      }
      for (long i = r; i < rows && i < r + SIDE; i++)
        for (long j = c; j < columns && j < c + SIDE; j++) to[j * rows + i] = from[i * from_row + j];
    }
}
