"""Files that a restore in place leaves alone: they say who this user or this running server is.

Owns their list. An old cookie secret or connection file cuts off whoever is at work, an old key or token locks out or
lets in. They are in snapshots as any other file, and come back to another directory, or where it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from rok_jupyter.engine.gitignore import PatternList

REASON = "a runtime or identity file, not restored in place (ask for identity files to restore it)"

PATTERNS = (
    "jupyter_cookie_secret",
    "notebook_cookie_secret",
    "notebook_secret",
    "jpserver-*.json",
    "jpserver-*-open.html",
    "nbserver-*.json",
    "nbserver-*-open.html",
    "kernel-????????-????-????-????-????????????.json",
    "jupyter/runtime/",
    "Jupyter/runtime/",
    ".jupyter/jupyter_server_config.json",
    ".jupyter/jupyter_notebook_config.json",
    ".ssh/",
    ".gnupg/",
    ".aws/",
    ".azure/",
    ".config/gcloud/",
    ".config/gh/",
    ".config/rclone/",
    ".docker/config.json",
    ".kube/",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".huggingface/token",
    ".cache/huggingface/token",
    ".kaggle/",
    ".Xauthority",
)


class IdentityFiles:
    """Tells protected paths of a volume; `further` are a user's own patterns, as in .gitignore."""

    def __init__(self, further: Iterable[str] = ()) -> None:
        self._patterns = PatternList([*map(_anywhere, PATTERNS), *further])
        self._directories: dict[str, bool] = {"": False}

    def reason(self, path: str) -> str | None:
        """Say why a path relative to its volume is left alone; None where it isn't."""
        parent, _, name = path.rpartition("/")
        protected = self._protects(parent) or self._matches(path, name, directory=False)
        return REASON if protected or self._matches(path, name, directory=True) else None

    def _protects(self, directory: str) -> bool:
        """Whether a directory or one above it is protected; each is judged once, as its entries come one by one."""
        missing = []
        while directory not in self._directories:
            missing.append(directory)
            directory = directory.rpartition("/")[0]
        protected = self._directories[directory]
        for inner in reversed(missing):
            protected = protected or self._matches(inner, inner.rpartition("/")[2], directory=True)
            self._directories[inner] = protected
        return protected

    def _matches(self, path: str, name: str, *, directory: bool) -> bool:
        return bool(self._patterns.verdict(path, name, directory=directory))


def _anywhere(pattern: str) -> str:
    """Let a pattern with a slash in the middle count in every directory: a home may lie below the volume."""
    return f"**/{pattern}" if "/" in pattern.rstrip("/") and not pattern.startswith("/") else pattern
