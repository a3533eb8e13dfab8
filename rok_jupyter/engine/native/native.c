/* The engine's inner loops in C: what a measured factor needs, and nothing else.
 *
 * Owns: cutting data by the Rabin fingerprint that restic's chunker uses. Doesn't own policy: sizes and tables come from
 * format/chunker.py, whose pure-Python loop passes the same tests and is used where this module can't be built.
 *
 * Source of the algorithm: M. O. Rabin, "Fingerprinting by Random Polynomials" (1981), with the parameters of restic's
 * design document (https://restic.readthedocs.io/en/stable/100_references.html).
 *
 * Only Python's limited API (3.11) is used, so that one build serves every later Python. The lock is released while
 * data is read: the caller holds a buffer, which nobody may resize meanwhile.
 */
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define WINDOW 64
#define TABLE 256

typedef struct {
    uint64_t out[TABLE]; /* the fingerprint of a byte that leaves the window */
    uint64_t mod[TABLE]; /* the reduction of a fingerprint's top byte */
    unsigned shift;      /* the polynomial's degree, less eight */
    uint64_t mask;       /* a chunk ends where these bits of the fingerprint are zero */
    size_t minimum, maximum;
} Cutter;

static inline uint64_t append(const Cutter *cutter, uint64_t digest, unsigned char byte)
{
    unsigned char top = (unsigned char)(digest >> cutter->shift);
    return ((digest << 8) | byte) ^ cutter->mod[top];
}

/* The length of the first chunk of `data`, or 0 where it ends beyond `length`. */
static size_t first_chunk(const Cutter *cutter, const unsigned char *data, size_t length)
{
    size_t limit = length < cutter->maximum ? length : cutter->maximum;
    size_t position = cutter->minimum - WINDOW;
    uint64_t digest = append(cutter, 0, 1); /* restic's window starts with a one in its first place */
    if (length < cutter->minimum)
        return 0;
    /* The first 64 bytes push out zeros, whose fingerprint is zero, and at last that one. */
    for (size_t end = cutter->minimum - 1; position < end; position++)
        digest = append(cutter, digest, data[position]);
    digest = append(cutter, digest ^ cutter->out[1], data[position]);
    position++;
    while ((digest & cutter->mask) != 0 && position < limit) {
        digest = append(cutter, digest ^ cutter->out[data[position - WINDOW]], data[position]);
        position++;
    }
    if ((digest & cutter->mask) == 0 || position >= cutter->maximum)
        return position;
    return 0;
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

PyDoc_STRVAR(chunk_lengths_doc,
    "chunk_lengths(data, tables, shift, bits, minimum, maximum, /) -> list[int]\n\n"
    "Return the lengths of the whole chunks that `data` begins with; what follows them has no end yet.");

static PyObject *chunk_lengths(PyObject *module, PyObject *arguments)
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

static PyMethodDef methods[] = {
    {"chunk_lengths", chunk_lengths, METH_VARARGS, chunk_lengths_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_native", "The engine's inner loops in C.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void);

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
