"""Files of the user's, replaced as a whole: whoever reads one meanwhile sees the old or the new one.

Owns how. The mode stays, and a link stays a link.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from rok_jupyter.state import os_errors


def replace_file(target: Path, content: bytes) -> None:
    """Replace a file's content durably; raise RokError where that fails, with the file as it was."""
    with os_errors(f"Writing {target}"):
        place = target.resolve()
        beside = place.with_name(f".{place.name}.{os.getpid()}.tmp")
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileNotFoundError):
                beside.chmod(place.stat().st_mode)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
