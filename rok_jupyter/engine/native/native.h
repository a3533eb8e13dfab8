/* What the parts of the native module share. Only Python's limited API (3.11) is used, so that one build serves every
 * later Python. */
#ifndef ROK_NATIVE_H
#define ROK_NATIVE_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define ROK_X86_64 1
#else
#define ROK_X86_64 0
#endif

#define DIGEST_BYTES 32

/* chunker.c */
extern const char chunk_lengths_doc[];
PyObject *chunk_lengths(PyObject *module, PyObject *arguments);

/* sha256.c: look, once and first of all, whether this processor can; and hash `length` bytes where it can. */
void look_for_hashing(void);
int can_hash(void);
void hash_bytes(const unsigned char *data, size_t length, unsigned char digest[DIGEST_BYTES]);

/* files.c, on Linux only */
extern const char list_directory_doc[];
PyObject *list_directory(PyObject *module, PyObject *arguments);
extern const char read_files_doc[];
PyObject *read_files(PyObject *module, PyObject *arguments);

#endif
