"""Time travel for notebooks: snapshots of a workspace volume and its data volumes.

This module owns the version and the two hooks by which Jupyter finds the package, and imports nothing heavy: it is
imported at the start of every kernel.
"""

from __future__ import annotations

__version__ = "0.1.0.dev0"


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Tell Jupyter Server what to load; the server's code is imported only here."""
    from rok_jupyter.server.extension import RokExtension

    return [{"module": "rok_jupyter.server.extension", "app": RokExtension}]
