"""Time travel for notebooks: snapshots of a workspace volume and its data volumes.

This module owns the version and the two hooks by which Jupyter finds the package, and imports nothing heavy: it is
imported at the start of every kernel.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0.dev0"


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Tell Jupyter Server what to load; the server's code is imported only here."""
    from rok_jupyter.server.extension import RokExtension

    return [{"module": "rok_jupyter.server.extension", "app": RokExtension}]


def load_ipython_extension(shell: Any) -> None:
    """Register `%rok` with an IPython shell; its code is imported when it is first used.

    The wheel's startup file calls this in every kernel of the environment; elsewhere, `%load_ext rok_jupyter` does.
    """

    def rok(line: str, cell: str | None = None) -> object:
        """Take, browse, compare and restore snapshots: see `%rok --help`."""
        from rok_jupyter import magics

        return magics.run(shell, line, cell)

    def complete(_: object, event: Any) -> list[str]:
        from rok_jupyter import magics

        return magics.candidates(event.text_until_cursor, event.symbol)

    shell.register_magic_function(rok, "line_cell", "rok")
    for key in ("%rok", "%%rok"):
        shell.set_hook("complete_command", complete, str_key=key)
