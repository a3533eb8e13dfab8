"""Kale and rok: a snapshot before and after every step of a pipeline, and back to any step with its variables.

This module owns the package's front door, and imports nothing heavy: it works, and is cheap, where there is no Kale.
"""

from __future__ import annotations


def enable() -> None:
    """Let Kale put snapshots into the pipelines that it compiles in this process, and know of resumed steps.

    Kernels of this environment do so by themselves; plain Python calls this. Kale need not be there, nor be imported.
    """
    from kale_bridge.import_hook import install

    install()


def start_kernel() -> None:
    """Do what a kernel of this environment needs when it starts; `etc/ipython/startup/51-rok-kale.py` calls it."""
    enable()
