/* float32 and bfloat16 as what kernels compute in: float32. Strides are in elements; rows of a matrix lie close. */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef float f32;
typedef uint16_t bf16; /* the upper half of a float32 */

static inline float from_f32(f32 v) { return v; }
static inline f32 to_f32(float v) { return v; }

static inline float from_bf16(bf16 v) {
  uint32_t bits = (uint32_t)v << 16;
  float made;
  memcpy(&made, &bits, sizeof made);
  return made;
}

static inline bf16 to_bf16(float v) { /* to the nearest, ties to even, as PyTorch rounds */
  uint32_t bits;
  memcpy(&bits, &v, sizeof bits);
  bits += 0x7fff + ((bits >> 16) & 1);
  return v == v ? (bf16)(bits >> 16) : 0x7fc0;
}
