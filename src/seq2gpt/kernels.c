/* Products of a matrix with a single vector, which read the matrix once, from the first byte to the last.

   A row is summed up before the next one begins: one stream of addresses is what a processor foresees best.
   Products of several rows at a time, as in libraries of linear algebra, read slower than memory allows. */

#include <math.h>
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

/* A matrix in float32, where tile is 0, or in bytes; a bias that is not there is NULL. */
typedef struct {
    const void *weights;
    const float *bias;
    long n_out, n_in, tile;
} Matrix;

/* A block of GPT-2, and its keys and values. */
typedef struct {
    float *keys, *values;
    const float *gain_1, *shift_1, *gain_2, *shift_2;
    Matrix w_qkv, w_o, w_in, w_out;
    long n_heads;
    float eps_1, eps_2;
} Block;

/* y = W x + b; of bytes, whole tiles are computed, so y needs room for 255 outputs more. */
static void multiply(const Matrix *w, const float *x, float *y, int n_threads)
{
    if (w->tile == 0) {
        multiply_rows(w->weights, x, w->bias, y, w->n_out, w->n_in, n_threads);
        return;
    }
    multiply_bytes(w->weights, x, y, (w->n_out + w->tile - 1) / w->tile, w->n_in, w->tile, n_threads);
    for (long i = 0; w->bias && i < w->n_out; i++)
        y[i] += w->bias[i];
}

static void layer_norm(const float *x, const float *gain, const float *shift, float eps, float *y, long n)
{
    float mean = 0, variance = 0;
    #pragma omp simd reduction(+ : mean)
    for (long i = 0; i < n; i++)
        mean += x[i];
    mean /= n;
    #pragma omp simd reduction(+ : variance)
    for (long i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean);
    float scale = 1 / sqrtf(variance / n + eps);
    for (long i = 0; i < n; i++)
        y[i] = (x[i] - mean) * scale * gain[i] + (shift ? shift[i] : 0);
}

/* One query among m keys and values; weights has room for m numbers. */
static void attend(const float *query, const float *keys, const float *values, float *weights, float *y, long m, long d)
{
    float peak = -INFINITY, total = 0, scale = 1 / sqrtf(d);
    for (long place = 0; place < m; place++) {
        float score = 0;
        #pragma omp simd reduction(+ : score)
        for (long i = 0; i < d; i++)
            score += query[i] * keys[place * d + i];
        weights[place] = score * scale;
        peak = fmaxf(peak, weights[place]);
    }
    memset(y, 0, d * sizeof(float));
    for (long place = 0; place < m; place++) {
        float weight = expf(weights[place] - peak);
        total += weight;
        for (long i = 0; i < d; i++)
            y[i] += weight * values[place * d + i];
    }
    for (long i = 0; i < d; i++)
        y[i] /= total;
}

static void read_block(const Block *block, float *x, long m, long stride, float *room, int n_threads)
{
    long d_model = block->w_in.n_in, d_ff = block->w_in.n_out, d = d_model / block->n_heads;
    float *hidden = room, *qkv = hidden + d_model + 255, *inner = qkv + 3 * d_model + 255, *weights = inner + d_ff + 255;
    layer_norm(x, block->gain_1, block->shift_1, block->eps_1, hidden, d_model);
    multiply(&block->w_qkv, hidden, qkv, n_threads);
    #pragma omp parallel for num_threads(m * d_model < 1 << 17 ? 1 : n_threads)
    for (long head = 0; head < block->n_heads; head++) {
        float *key = block->keys + head * stride, *value = block->values + head * stride, *query = qkv + head * d;
        memcpy(key + (m - 1) * d, query + d_model, d * sizeof(float));
        memcpy(value + (m - 1) * d, query + 2 * d_model, d * sizeof(float));
        attend(query, key, value, weights + head * m, hidden + head * d, m, d);
    }
    multiply(&block->w_o, hidden, qkv, n_threads);
    for (long i = 0; i < d_model; i++)
        x[i] += qkv[i];
    layer_norm(x, block->gain_2, block->shift_2, block->eps_2, hidden, d_model);
    multiply(&block->w_in, hidden, inner, n_threads);
    for (long i = 0; i < d_ff; i++) { /* gelu with the tangent written as an exponential */
        float z = inner[i];
        inner[i] = z / (1 + expf(-1.5957691216f * (z + 0.044715f * z * z * z)));
    }
    multiply(&block->w_out, inner, hidden, n_threads);
    for (long i = 0; i < d_model; i++)
        x[i] += hidden[i];
}

/* x becomes what the blocks make of it, as the last of m positions. Keys and values of a head lie together, those of
   the next head `stride` numbers on; the last key and value are written here. `room` holds
   4 d_model + d_ff + n_heads m + 765 numbers. */
void read_blocks(const Block *blocks, long n, float *x, long m, long stride, float *room, int n_threads)
{
    for (long layer = 0; layer < n; layer++)
        read_block(blocks + layer, x, m, stride, room, n_threads);
}
