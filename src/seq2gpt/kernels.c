/* Products of a matrix with a single vector, which read the matrix once, from the first byte to the last.

   A row is summed up before the next one begins: one stream of addresses is what a processor foresees best.
   Products of several rows at a time, as in libraries of linear algebra, read slower than memory allows. */

#include <string.h>

/* y = W x + b for float32, W row by row; b may be NULL. */
void multiply_rows(const float *w, const float *x, const float *b, float *y, long n_out, long n_in, int n_threads)
{
    #pragma omp parallel for num_threads(n_threads)
    for (long row = 0; row < n_out; row++) {
        const float *weights = w + row * n_in;
        float sum = 0;
        #pragma omp simd reduction(+ : sum)
        for (long i = 0; i < n_in; i++)
            sum += weights[i] * x[i];
        y[row] = sum + (b ? b[row] : 0);
    }
}

static inline void sum_tile(const unsigned char *bytes, const float *x, float *y, long n_in, long tile)
{
    float sums[256] = {0}, shift = 0;
    for (long i = 0; i < n_in; i++, bytes += tile + 2 * sizeof(float)) {
        float scale_offset[2];
        memcpy(scale_offset, bytes + tile, sizeof scale_offset);
        float factor = x[i] * scale_offset[0];
        shift += x[i] * scale_offset[1];
        int wide[256]; /* two plain steps, as compilers find no vector code for bytes times float */
        for (long j = 0; j < tile; j++)
            wide[j] = bytes[j];
        for (long j = 0; j < tile; j++)
            sums[j] += factor * (float)wide[j];
    }
    for (long j = 0; j < tile; j++)
        y[j] = sums[j] + shift;
}

/* y = W x, where a tile of at most 256 outputs has one row for every input: its bytes, a scale and an offset. */
void multiply_bytes(const unsigned char *w, const float *x, float *y, long n_tiles, long n_in, long tile, int n_threads)
{
    long size = n_in * (tile + 2 * sizeof(float));
    #pragma omp parallel for num_threads(n_threads)
    for (long t = 0; t < n_tiles; t++) {
        if (tile == 256) /* known when compiling: the loops become vector code without a rest */
            sum_tile(w + t * size, x, y + t * tile, n_in, 256);
        else
            sum_tile(w + t * size, x, y + t * tile, n_in, tile);
    }
}
