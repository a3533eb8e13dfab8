"""The C library's allocator: large buffers go back to the system when they are freed.

By itself glibc keeps freed buffers of up to 32 MB for later, in pieces that fit ever less: a quarter of the memory that
a snapshot takes. Owns this one setting, which holds for the whole process.
"""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 1 << 20


def return_large_buffers() -> None:
    """Set the allocator so, where it is glibc's; once more changes nothing."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, _LARGE_BYTES)
