/* Cutting data by the Rabin fingerprint that restic's chunker uses.
 *
 * Doesn't own policy: sizes and tables come from format/chunker.py, whose pure-Python loop passes the same tests.
 *
 * The fingerprint depends on the last 64 bytes alone. So several stretches of the data are worked through side by side
 * (lanes), each begun 64 bytes early: one fingerprint's next step waits for its last, those of other lanes needn't.
 *
 * Source of the algorithm: M. O. Rabin, "Fingerprinting by Random Polynomials" (1981), with the parameters of restic's
 * design document (https://restic.readthedocs.io/en/stable/100_references.html).
 */
#include "native.h"

#include <string.h>

#define WINDOW 64
#define TABLE 256
#ifndef LANES
#define LANES 4
#endif
#ifndef STRIDE
#define STRIDE 4096 /* bytes of a lane; those behind a chunk's end were in vain */
#endif

typedef struct {
    uint64_t out[TABLE]; /* the fingerprint of a byte that leaves the window */
    uint64_t mod[TABLE]; /* the reduction of a fingerprint's top byte */
    unsigned shift;      /* the polynomial's degree, less eight */
    uint64_t mask;       /* a chunk ends where these bits of the fingerprint are zero */
    size_t minimum, maximum;
} Cutter;

static inline uint64_t append(const Cutter *cutter, uint64_t digest, unsigned char byte)
{
    return ((digest << 8) | byte) ^ cutter->mod[(unsigned char)(digest >> cutter->shift)];
}

static inline uint64_t roll(const Cutter *cutter, uint64_t digest, const unsigned char *next)
{
    return append(cutter, digest ^ cutter->out[next[-WINDOW]], *next);
}

/* The fingerprint of the 64 bytes before `end`. */
static uint64_t window_before(const Cutter *cutter, const unsigned char *end)
{
    uint64_t digest = 0;
    for (const unsigned char *next = end - WINDOW; next < end; next++)
        digest = append(cutter, digest, *next);
    return digest;
}

/* Where the first chunk's end lies in the LANES * STRIDE bytes after `start`, counted from there; 0: not in them. */
static size_t end_in_lanes(const Cutter *cutter, const unsigned char *start)
{
    uint64_t digests[LANES];
    size_t ends[LANES] = {0};
    for (int lane = 0; lane < LANES; lane++)
        digests[lane] = window_before(cutter, start + lane * STRIDE);
    for (size_t position = 0; position < STRIDE; position++) {
        for (int lane = 0; lane < LANES; lane++) {
            digests[lane] = roll(cutter, digests[lane], start + lane * STRIDE + position);
            if ((digests[lane] & cutter->mask) == 0 && ends[lane] == 0)
                ends[lane] = lane * STRIDE + position + 1;
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        if (ends[lane] != 0)
            return ends[lane];
    }
    return 0;
}

/* The length of the first chunk of `data`, or 0 where it ends beyond `length`. */
static size_t first_chunk(const Cutter *cutter, const unsigned char *data, size_t length)
{
    size_t limit = length < cutter->maximum ? length : cutter->maximum;
    size_t position = cutter->minimum;
    uint64_t digest;
    if (length < cutter->minimum)
        return 0;
    if ((window_before(cutter, data + position) & cutter->mask) == 0)
        return position;
    while (limit - position >= (size_t)LANES * STRIDE) {
        size_t end = end_in_lanes(cutter, data + position);
        if (end != 0)
            return position + end;
        position += (size_t)LANES * STRIDE;
    }
    digest = window_before(cutter, data + position);
    while (position < limit) {
        digest = roll(cutter, digest, data + position++);
        if ((digest & cutter->mask) == 0)
            return position;
    }
    return position >= cutter->maximum ? position : 0;
}

static int read_cutter(PyObject *tables, unsigned bits, Cutter *cutter)
{
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(tables, &bytes, &length) < 0)
        return -1;
    if (length != (Py_ssize_t)(2 * TABLE * sizeof(uint64_t)) || cutter->shift > 55 || bits > 62
        || cutter->minimum < WINDOW || cutter->maximum < cutter->minimum) {
        PyErr_SetString(PyExc_ValueError, "the chunker's parameters are out of range");
        return -1;
    }
    memcpy(cutter->out, bytes, sizeof cutter->out);
    memcpy(cutter->mod, bytes + sizeof cutter->out, sizeof cutter->mod);
    cutter->mask = ((uint64_t)1 << bits) - 1;
    return 0;
}

const char chunk_lengths_doc[] =
    "chunk_lengths(data, tables, shift, bits, minimum, maximum, /) -> list[int]\n\n"
    "Return the lengths of the whole chunks that `data` begins with; what follows them has no end yet.";

PyObject *chunk_lengths(PyObject *module, PyObject *arguments)
{
    Py_buffer data;
    PyObject *tables, *lengths;
    unsigned bits;
    Py_ssize_t minimum, maximum;
    Cutter cutter;
    size_t start = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*SIInn", &data, &tables, &cutter.shift, &bits, &minimum, &maximum))
        return NULL;
    cutter.minimum = minimum < 0 ? 0 : (size_t)minimum;
    cutter.maximum = maximum < 0 ? 0 : (size_t)maximum;
    lengths = read_cutter(tables, bits, &cutter) == 0 ? PyList_New(0) : NULL;
    while (lengths != NULL) {
        size_t length;
        PyObject *number;
        Py_BEGIN_ALLOW_THREADS
        length = first_chunk(&cutter, (const unsigned char *)data.buf + start, (size_t)data.len - start);
        Py_END_ALLOW_THREADS
        if (length == 0)
            break;
        number = PyLong_FromSize_t(length);
        if (number == NULL || PyList_Append(lengths, number) < 0)
            Py_CLEAR(lengths);
        Py_XDECREF(number);
        start += length;
    }
    PyBuffer_Release(&data);
    return lengths;
}
