/* Directories listed and small files read, many system calls for one hand-over of Python's lock. Linux only.
 *
 * Owns the plain case alone: a file about which anything is unusual is left to engine/reading.py, which knows what to
 * do about it. Doesn't own what an entry means.
 */
#include "native.h"

#ifdef __linux__

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define STATUS_FIELDS 19
#define TICK_NS 10000000LL /* the coarsest clock of file times on Linux (CONFIG_HZ=100) */
#define NS 1000000000LL

static PyObject *status_type(void)
{
    PyObject *os = PyImport_ImportModule("os");
    PyObject *type = os == NULL ? NULL : PyObject_GetAttrString(os, "stat_result");
    Py_XDECREF(os);
    return type;
}

static long long to_ns(struct timespec time)
{
    return (long long)time.tv_sec * NS + time.tv_nsec;
}

/* Return an os.stat_result, laid out as posixmodule.c does it on Linux. */
static PyObject *status_object(PyObject *type, const struct stat *status)
{
    const struct timespec times[3] = {status->st_atim, status->st_mtim, status->st_ctim};
    PyObject *result = PyStructSequence_New((PyTypeObject *)type);
    PyObject *fields[STATUS_FIELDS] = {
        PyLong_FromUnsignedLong(status->st_mode),
        PyLong_FromUnsignedLongLong(status->st_ino),
        PyLong_FromUnsignedLongLong(status->st_dev),
        PyLong_FromUnsignedLongLong(status->st_nlink),
        PyLong_FromUnsignedLong(status->st_uid),
        PyLong_FromUnsignedLong(status->st_gid),
        PyLong_FromLongLong(status->st_size),
    };
    for (int position = 0; position < 3; position++) {
        const double seconds = (double)times[position].tv_sec + 1e-9 * (double)times[position].tv_nsec;
        fields[7 + position] = PyLong_FromLongLong(times[position].tv_sec);
        fields[10 + position] = PyFloat_FromDouble(seconds);
        fields[13 + position] = PyLong_FromLongLong(to_ns(times[position]));
    }
    fields[16] = PyLong_FromLong(status->st_blksize);
    fields[17] = PyLong_FromLongLong(status->st_blocks);
    fields[18] = PyLong_FromUnsignedLongLong(status->st_rdev);
    for (Py_ssize_t position = 0; position < STATUS_FIELDS; position++) {
        if (result == NULL || fields[position] == NULL) {
            Py_XDECREF(fields[position]);
            Py_CLEAR(result);
        } else {
            PyStructSequence_SetItem(result, position, fields[position]);
        }
    }
    return result;
}

/* Listing */

typedef struct {
    char *name;
    uint64_t inode;
    int error;
    struct stat status;
} Entry;

typedef struct {
    Entry *entries;
    size_t count, room;
} Listing;

static int by_inode(const void *first, const void *second)
{
    const uint64_t one = ((const Entry *)first)->inode, other = ((const Entry *)second)->inode;
    return one < other ? -1 : one > other;
}

static int by_name(const void *first, const void *second)
{
    return strcmp(((const Entry *)first)->name, ((const Entry *)second)->name);
}

static int append_entry(Listing *listing, const struct dirent *found)
{
    char *name;
    if (listing->count == listing->room) {
        const size_t room = listing->room ? 2 * listing->room : 32;
        Entry *entries = realloc(listing->entries, room * sizeof *entries);
        if (entries == NULL)
            return ENOMEM;
        listing->entries = entries;
        listing->room = room;
    }
    name = strdup(found->d_name);
    if (name == NULL)
        return ENOMEM;
    listing->entries[listing->count++] = (Entry){.name = name, .inode = found->d_ino};
    return 0;
}

/* Read the names behind a descriptor of the caller's own, which is closed; returns an errno. */
static int read_names(int descriptor, Listing *listing)
{
    DIR *directory = fdopendir(descriptor);
    int error = 0;
    if (directory == NULL) {
        error = errno;
        close(descriptor);
        return error;
    }
    rewinddir(directory); /* a duplicate shares its place in the directory with the descriptor it was made of */
    while (error == 0) {
        const struct dirent *found;
        errno = 0;
        found = readdir(directory);
        if (found == NULL) {
            error = errno;
            break;
        }
        if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
            error = append_entry(listing, found);
    }
    rewinddir(directory); /* as os.scandir leaves it */
    closedir(directory);
    return error;
}

static int list_entries(int descriptor, Listing *listing)
{
    const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    const int error = own < 0 ? errno : read_names(own, listing);
    if (error != 0 || listing->count == 0)
        return error;
    /* By inode, which is how they lie on the disk: lstat of a cold directory seeks less. */
    qsort(listing->entries, listing->count, sizeof *listing->entries, by_inode);
    for (Entry *entry = listing->entries; entry < listing->entries + listing->count; entry++)
        entry->error = fstatat(descriptor, entry->name, &entry->status, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
    qsort(listing->entries, listing->count, sizeof *listing->entries, by_name);
    return 0;
}

static PyObject *entry_object(PyObject *type, const Entry *entry)
{
    PyObject *result;
    PyObject *name = PyBytes_FromString(entry->name);
    PyObject *status = entry->error ? PyLong_FromLong(entry->error) : status_object(type, &entry->status);
    result = name != NULL && status != NULL ? PyTuple_Pack(2, name, status) : NULL;
    Py_XDECREF(name);
    Py_XDECREF(status);
    return result;
}

const char list_directory_doc[] =
    "list_directory(descriptor, /) -> list[tuple[bytes, os.stat_result | int]]\n\n"
    "Return an open directory's entries in the order of their names: name, and lstat's result or errno.";

PyObject *list_directory(PyObject *module, PyObject *arguments)
{
    Listing listing = {0};
    PyObject *type, *result;
    int descriptor, error;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "i", &descriptor))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    error = list_entries(descriptor, &listing);
    Py_END_ALLOW_THREADS
    type = status_type();
    result = type == NULL ? NULL : PyList_New(0);
    if (result != NULL && error != 0) {
        errno = error;
        PyErr_SetFromErrno(PyExc_OSError);
        Py_CLEAR(result);
    }
    for (size_t position = 0; position < listing.count; position++) {
        PyObject *entry = result == NULL ? NULL : entry_object(type, &listing.entries[position]);
        if (result != NULL && (entry == NULL || PyList_Append(result, entry) < 0))
            Py_CLEAR(result);
        Py_XDECREF(entry);
        free(listing.entries[position].name);
    }
    free(listing.entries);
    Py_XDECREF(type);
    return result;
}

/* Reading */

typedef struct {
    int directory;
    const char *name;
    uid_t owner;
    Py_ssize_t size;
    PyObject *data; /* bytes of that size, nobody else's yet */
    unsigned char *bytes;
    struct stat status;
    unsigned char digest[DIGEST_BYTES];
    int fine;
} File;

static int open_untouched(const File *file, uid_t user)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    if (user == 0 || user == file->owner) {
        const int descriptor = openat(file->directory, file->name, flags | O_NOATIME);
        if (descriptor >= 0 || errno != EPERM)
            return descriptor;
        /* root of a user namespace doesn't own every file that it may read */
    }
    return openat(file->directory, file->name, flags);
}

static int stands_beside(const File *file, const char *prefix)
{
    char name[NAME_MAX + 1];
    struct stat status;
    const size_t before = strlen(prefix), length = strlen(file->name);
    if (before == 0 || before + length > NAME_MAX)
        return 0; /* no entry can have a longer name */
    memcpy(name, prefix, before);
    memcpy(name + before, file->name, length + 1);
    return fstatat(file->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* Whether every later write will show in the file's times: not while its last one is of this tick of their clock. */
static int is_settled(const struct stat *status)
{
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0 && to_ns(now) - to_ns(status->st_ctim) >= TICK_NS;
}

static int has_no_attributes(int descriptor)
{
    const ssize_t length = flistxattr(descriptor, NULL, 0);
    return length == 0 || (length < 0 && (errno == ENOTSUP || errno == ENODATA || errno == ENOSYS));
}

/* Read exactly `size` bytes, of a file that seems empty not even one. */
static int read_whole(int descriptor, unsigned char *bytes, Py_ssize_t size)
{
    Py_ssize_t done = 0;
    unsigned char beyond;
    if (size == 0)
        return read(descriptor, &beyond, 1) == 0;
    while (done < size) {
        const ssize_t count = read(descriptor, bytes + done, (size_t)(size - done));
        if (count <= 0)
            return 0;
        done += count;
    }
    return 1;
}

static int same_state(const struct stat *before, const struct stat *after)
{
    return before->st_size == after->st_size && to_ns(before->st_mtim) == to_ns(after->st_mtim)
        && to_ns(before->st_ctim) == to_ns(after->st_ctim);
}

/* Read a file that is regular, as long as was listed, without attributes, and stands still meanwhile; else 0. */
static int read_plain(File *file, uid_t user, const char *prefix)
{
    struct stat after;
    int descriptor, fine;
    descriptor = open_untouched(file, user);
    if (descriptor < 0)
        return 0;
    fine = fstat(descriptor, &file->status) == 0 && S_ISREG(file->status.st_mode) && file->status.st_size == file->size
        && is_settled(&file->status) && !stands_beside(file, prefix) && has_no_attributes(descriptor)
        && read_whole(descriptor, file->bytes, file->size) && fstat(descriptor, &after) == 0
        && same_state(&file->status, &after);
    close(descriptor);
    return fine;
}

static void read_all(File *files, Py_ssize_t count, const char *prefix)
{
    const uid_t user = geteuid();
    const int hashes = can_hash();
    for (File *file = files; file < files + count; file++) {
        file->fine = read_plain(file, user, prefix);
        if (file->fine && hashes)
            hash_bytes(file->bytes, (size_t)file->size, file->digest);
    }
}

/* Take over one request, and make room for its bytes; -1 with an exception. */
static int take_request(PyObject *request, File *file)
{
    unsigned int owner;
    if (!PyTuple_Check(request)) {
        PyErr_SetString(PyExc_TypeError, "a request must be a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(request, "iyIn", &file->directory, &file->name, &owner, &file->size))
        return -1;
    file->owner = (uid_t)owner;
    file->data = PyBytes_FromStringAndSize(NULL, file->size);
    if (file->data == NULL)
        return -1;
    file->bytes = (unsigned char *)PyBytes_AsString(file->data);
    return 0;
}

static PyObject *file_object(PyObject *type, const File *file)
{
    PyObject *status, *digest, *result;
    if (!file->fine)
        return Py_NewRef(Py_None);
    status = status_object(type, &file->status);
    digest = PyBytes_FromStringAndSize((const char *)file->digest, can_hash() ? DIGEST_BYTES : 0);
    result = status != NULL && digest != NULL ? PyTuple_Pack(3, status, file->data, digest) : NULL;
    Py_XDECREF(status);
    Py_XDECREF(digest);
    return result;
}

static PyObject *result_of(File *files, Py_ssize_t count)
{
    PyObject *type = status_type();
    PyObject *result = type == NULL ? NULL : PyList_New(count);
    for (Py_ssize_t position = 0; result != NULL && position < count; position++) {
        PyObject *object = file_object(type, &files[position]);
        if (object == NULL || PyList_SetItem(result, position, object) < 0)
            Py_CLEAR(result);
    }
    Py_XDECREF(type);
    return result;
}

const char read_files_doc[] =
    "read_files(requests, prefix, /) -> list[tuple[os.stat_result, bytes, bytes] | None]\n\n"
    "Read files, each given as the directory's descriptor, name, owner and size: status, content and SHA-256 (empty\n"
    "where this processor has no instructions for it). None for one about which anything is unusual, or beside which\n"
    "stands an entry whose name begins with `prefix`.";

PyObject *read_files(PyObject *module, PyObject *arguments)
{
    PyObject *requests, *result = NULL;
    const char *prefix;
    File *files;
    Py_ssize_t count, taken = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!y", &PyTuple_Type, &requests, &prefix))
        return NULL;
    count = PyTuple_Size(requests);
    files = PyMem_Calloc((size_t)(count > 0 ? count : 1), sizeof *files);
    if (files == NULL)
        return PyErr_NoMemory();
    while (taken < count && take_request(PyTuple_GetItem(requests, taken), &files[taken]) == 0)
        taken++;
    if (taken == count) {
        Py_BEGIN_ALLOW_THREADS
        read_all(files, count, prefix);
        Py_END_ALLOW_THREADS
        result = result_of(files, count);
    }
    for (Py_ssize_t position = 0; position < count; position++)
        Py_XDECREF(files[position].data);
    PyMem_Free(files);
    return result;
}

#endif
