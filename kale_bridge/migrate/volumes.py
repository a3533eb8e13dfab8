"""Volumes of Kale 0.7: of its five types, Kale 2.3 mounts one and drops most others without a word.

Owns what becomes of each type. A volume that a run used to make is mounted by its name now, and has to be there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kale_bridge.migrate.change import Change, shown

KNOWN_KEYS = frozenset(
    {
        "annotations",
        "expose_as_env_var",
        "mount_point",
        "name",
        "size",
        "size_type",
        "snapshot",
        "snapshot_name",
        "storage_class_name",
        "type",
        "volume_access_mode",
    }
)
"""What Kale 2.3 takes of a volume."""

_ROK_ANNOTATION = "rok/"
_NOTES: Mapping[str, str] = {
    "clone": "each run worked on a copy; now the steps work on this volume itself, and rok's snapshots keep its states",
    "new_pvc": "each run made it; now a claim of this name must be there before a run",
    "snap": "each run made it of a snapshot; make it once: `rok clone ID --volume NAME --as {name}`",
}


def migrate_volumes(volumes: list[Any]) -> tuple[list[Any], list[Change]]:
    """Return the volumes as Kale 2.3 mounts them, and each change."""
    kept, changes = [], []
    for volume in volumes:
        turned, of_one = _migrate(volume) if isinstance(volume, dict) else (volume, [])
        changes += of_one
        if turned is not None:
            kept.append(turned)
    return kept, changes


def _migrate(volume: dict[str, Any]) -> tuple[dict[str, Any] | None, list[Change]]:
    name, kind = str(volume.get("name", "")), volume.get("type")
    if kind == "pv":
        note = "Kale 2.3 mounts no bare persistent volume: make a claim for it, and add that"
        return None, [Change(what=f"volume {name}", before=shown(volume), note=note, attention=True)]
    turned, changes = dict(volume), []
    if kind in _NOTES:
        turned["type"] = "pvc"
        note = _NOTES[str(kind)].format(name=name)
        changes.append(Change(what=f"volume {name}: type", before=str(kind), after="pvc", note=note, attention=True))
    changes += _annotations(turned, name)
    changes += _drop(turned, name)
    return turned, changes


def _annotations(volume: dict[str, Any], name: str) -> list[Change]:
    listed = volume.get("annotations")
    if not isinstance(listed, list):
        return []
    of_rok = [each for each in listed if str(each.get("key", "")).startswith(_ROK_ANNOTATION)]
    volume["annotations"] = [each for each in listed if each not in of_rok]
    return [
        Change(
            what=f"volume {name}: {each['key']}",
            before=shown(each.get("value", "")),
            note="a snapshot in Rok, which nothing reads any more",
            attention=True,
        )
        for each in of_rok
    ]


def _drop(volume: dict[str, Any], name: str) -> list[Change]:
    """Take away what Kale 2.3 refuses: keys that it doesn't know, and names that are empty."""
    gone = [key for key in sorted(volume) if key not in KNOWN_KEYS]
    gone += [key for key in ("storage_class_name", "volume_access_mode") if volume.get(key) in ("", "rok")]
    return [
        Change(what=f"volume {name}: {key}", before=shown(volume.pop(key)), note="Kale 2.3 has no use for it")
        for key in gone
    ]
