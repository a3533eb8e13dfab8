"""The packages that a pipeline's steps ask for, looked for in this environment: a local run installs nothing.

Owns the comparison. Doesn't own which packages a step asks for (`pipeline.steps`).
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from rok_jupyter.errors import ErrorKind, RokError


def check_packages(requirements: Iterable[str]) -> None:
    """Raise FAILED_PRECONDITION, with the command to type, where a requirement isn't met by this environment."""
    missing = sorted({requirement for requirement in requirements if not _met(requirement)})
    if missing:
        words = " ".join(f"'{requirement}'" for requirement in missing)
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The pipeline's steps need packages that this environment lacks: {', '.join(missing)}.",
            f"Install them, then run again: pip install {words}",
        )


def _met(requirement: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        return True  # an address or a path, of which nothing can be said from here
    try:
        return wanted.specifier.contains(version(wanted.name), prereleases=True)
    except PackageNotFoundError:
        return False
