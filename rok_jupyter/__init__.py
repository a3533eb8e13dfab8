"""Time travel for notebooks: snapshots of a workspace volume and its data volumes.

This module owns the version and the two hooks by which Jupyter finds the package, and imports nothing heavy: it is
imported at the start of every kernel.
"""

from __future__ import annotations

__version__ = "0.1.0.dev0"
