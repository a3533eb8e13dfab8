"""Kale and rok: a snapshot before and after every step of a pipeline, and back to any step with its variables.

This module owns the package's front door, and imports nothing heavy: it works, and is cheap, where there is no Kale.
"""

from __future__ import annotations
