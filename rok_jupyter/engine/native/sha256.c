/* SHA-256 by the processor's own instructions (x86-64 with SHA-NI). Elsewhere callers hash in Python, by OpenSSL.
 *
 * Source: FIPS 180-4, "Secure Hash Standard".
 */
#include "native.h"

#include <string.h>

#if ROK_X86_64

#include <cpuid.h>
#include <immintrin.h>

#define BLOCK 64

static const uint32_t CONSTANTS[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static int supported;

void look_for_hashing(void)
{
    unsigned a, b, c, d;
    /* A virtual machine traps this question, so it is asked once. */
    supported = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1) && __builtin_cpu_supports("sse4.1");
}

int can_hash(void)
{
    return supported;
}

__attribute__((target("sha,sse4.1"))) static void add_blocks(__m128i state[2], const unsigned char *data, size_t count)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i abef = state[0], cdgh = state[1];
    for (; count > 0; count--, data += BLOCK) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i words[4];
        for (int group = 0; group < 4; group++)
            words[group] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data + group), big_endian);
#pragma GCC unroll 16
        for (int group = 0; group < 16; group++) {
            __m128i sum;
            if (group >= 4) {
                const __m128i last = words[(group + 3) & 3];
                __m128i next = _mm_sha256msg1_epu32(words[group & 3], words[(group + 1) & 3]);
                next = _mm_add_epi32(next, _mm_alignr_epi8(last, words[(group + 2) & 3], 4));
                words[group & 3] = _mm_sha256msg2_epu32(next, last);
            }
            sum = _mm_add_epi32(words[group & 3], _mm_load_si128((const __m128i *)CONSTANTS + group));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    state[0] = abef;
    state[1] = cdgh;
}

/* The message's end: a one bit, zeros, and its length in bits; returns how many blocks that makes. */
static size_t pad(unsigned char tail[2 * BLOCK], const unsigned char *rest, size_t left, size_t length)
{
    const size_t blocks = left + 9 > BLOCK ? 2 : 1;
    const uint64_t bits = __builtin_bswap64((uint64_t)length * 8);
    memset(tail, 0, 2 * BLOCK);
    if (left > 0)
        memcpy(tail, rest, left);
    tail[left] = 0x80;
    memcpy(tail + blocks * BLOCK - sizeof bits, &bits, sizeof bits);
    return blocks;
}

void hash_bytes(const unsigned char *data, size_t length, unsigned char digest[DIGEST_BYTES])
{
    /* The instructions want the state's eight words as a, b, e, f and c, d, g, h, the first of them on top. */
    __m128i state[2] = {
        _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
        _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19),
    };
    const size_t whole = length / BLOCK;
    unsigned char tail[2 * BLOCK];
    uint32_t words[8];
    add_blocks(state, data, whole);
    add_blocks(state, tail, pad(tail, data + whole * BLOCK, length % BLOCK, length));
    _mm_storeu_si128((__m128i *)words, state[0]);
    _mm_storeu_si128((__m128i *)(words + 4), state[1]);
    for (int position = 0; position < 8; position++) {
        static const unsigned char order[8] = {3, 2, 7, 6, 1, 0, 5, 4}; /* a, b, c, ... among the stored words */
        const uint32_t word = __builtin_bswap32(words[order[position]]);
        memcpy(digest + 4 * position, &word, sizeof word);
    }
}

#else

void look_for_hashing(void)
{
}

int can_hash(void)
{
    return 0;
}

void hash_bytes(const unsigned char *data, size_t length, unsigned char digest[DIGEST_BYTES])
{
    (void)data;
    (void)length;
    memset(digest, 0, DIGEST_BYTES);
}

#endif
