/* The engine's inner loops in C: what a measured factor needs, and nothing else (docs/adr/0005-native-code.md).
 *
 * Owns the module's table. Each part says what it owns; for each there is Python that gives the same results, used where
 * this module can't be built or the processor lacks what a part needs. Python's lock is released while data is worked
 * on: the caller holds the buffers, which nobody may resize meanwhile.
 */
#include "native.h"

static PyMethodDef methods[] = {
    {"chunk_lengths", chunk_lengths, METH_VARARGS, chunk_lengths_doc},
#ifdef __linux__
    {"list_directory", list_directory, METH_VARARGS, list_directory_doc},
    {"read_files", read_files, METH_VARARGS, read_files_doc},
#endif
    {NULL, NULL, 0, NULL},
};

static int look_at_processor(PyObject *module)
{
    (void)module;
    look_for_hashing();
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, look_at_processor}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_native", "The engine's inner loops in C.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void);

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
