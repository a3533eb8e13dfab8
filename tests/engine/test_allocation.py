"""Large buffers that were freed are the system's again."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SCRIPT = """
from rok_jupyter.engine.allocation import return_large_buffers

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

return_large_buffers()
return_large_buffers()
before = resident()
for size in (4, 8, 16, 24):
    buffers = [bytearray(b"x") * (size << 20) for _ in range(4)]
    kept = bytearray(b"x") * (300 << 10)  # what lies above freed memory would hold it
    del buffers
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the setting is glibc's")
def test_freed_buffers_go_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 4 << 20
