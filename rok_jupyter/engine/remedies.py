"""What can be done about each kind of damage that a check finds.

Owns the advice. Doesn't own finding damage (check), nor any repair: prune, the next snapshot, and whoever has a copy.
"""

from __future__ import annotations

from collections.abc import Iterable

from rok_jupyter.models import Damage

_INDEX = "Damaged and missing index files: `rok prune` makes them anew from what the packs say they hold."
_LOST = (
    "What only a damaged pack held is lost, and everything else still restores. Take a new snapshot: it stores again"
    " what the volumes still hold. Where snapshots then need nothing of a damaged pack any more (else delete those that"
    " do: `rok delete`), `rok prune` removes it."
)
_LOCK = "Damaged locks: `rok repo unlock` removes them."
_COPY = "bring it back from a copy of the repository, or remove it"
_BY_KIND = {"index": _INDEX, "pack": _LOST, "blob": _LOST, "tree": _LOST, "lock": _LOCK}
_DIRECTORIES = {"snapshot": "snapshots", "key": "keys"}


def remedies(damages: Iterable[Damage], location: str) -> tuple[str, ...]:
    """Return what to do, once for each kind of damage; damaged files of a kind that nothing replaces are named."""
    advice: dict[str, None] = {}
    for damage in damages:
        if damage.kind in _BY_KIND:
            advice[_BY_KIND[damage.kind]] = None
        elif damage.kind in _DIRECTORIES:
            file = f"{location}/{_DIRECTORIES[damage.kind]}/{damage.id}"
            why = ", since nothing is pruned while it is damaged" if damage.kind == "snapshot" else ""
            advice[f"The damaged {damage.kind} file {file}: {_COPY}{why}."] = None
    return tuple(advice)
