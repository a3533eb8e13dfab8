"""The notebook's own metadata: what Kale 0.7 kept in `kubeflow_notebook`, as 2.3 and rok know it.

Owns which keys there were, and are. Doesn't own a volume's keys (`volumes`).
"""

from __future__ import annotations

from typing import Any

from kale_bridge.migrate.change import Change, shown
from kale_bridge.migrate.volumes import migrate_volumes

KALE = "kubeflow_notebook"
KNOWN_KEYS = frozenset(
    {
        "abs_working_dir",
        "base_image",
        "enable_caching",
        "experiment",
        "experiment_name",
        "katib_metadata",
        "katib_run",
        "kfp_host",
        "marshal_path",
        "notebook_path",
        "output_path",
        "pipeline_description",
        "pipeline_name",
        "security_context",
        "snapshot_volumes",
        "steps_defaults",
        "storage_class_name",
        "timeout",
        "volume_access_mode",
        "volumes",
    }
)
"""What Kale 2.3 takes; it refuses a notebook with any other key."""

_ROK_IMAGE = "arrikto"


def migrate_metadata(metadata: dict[str, Any]) -> tuple[dict[str, Any], list[Change]]:
    """Return a notebook's metadata as Kale 2.3 takes it, and each change."""
    theirs = metadata.get(KALE)
    if not isinstance(theirs, dict):
        return metadata, []
    kale = dict(theirs)
    changes: list[Change] = []
    rok = _snapshots(kale, metadata, changes)
    _image(kale, changes)
    _storage_class(kale, changes)
    _experiment(kale, changes)
    _drop_the_rest(kale, changes)
    if isinstance(kale.get("volumes"), list):
        kale["volumes"], of_volumes = migrate_volumes(kale["volumes"])
        changes += of_volumes
    if not changes:
        return metadata, []
    return {**metadata, KALE: kale, **rok}, changes


def _snapshots(kale: dict[str, Any], metadata: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """Take Rok's switch out of Kale's metadata; return it as rok's."""
    if "autosnapshot" not in kale:
        return {}
    wanted = bool(kale.pop("autosnapshot"))
    before_run = bool(kale.get("snapshot_volumes"))
    settings: dict[str, Any] = {"snapshots": wanted or before_run}
    note = "rok takes a snapshot before and after each step" if wanted else "no step takes a snapshot"
    if before_run and not wanted:
        settings["moments"] = ["before"]
        note = "snapshot_volumes asked for one before the run: each step takes one before it"
    rok = metadata.get("rok")
    rok = dict(rok) if isinstance(rok, dict) else {}
    theirs = rok.get("kale")
    rok["kale"] = {**settings, **theirs} if isinstance(theirs, dict) else settings
    changes.append(
        Change(what="autosnapshot", before=shown(wanted), after=f"rok.kale: {shown(rok['kale'])}", note=note)
    )
    return {"rok": rok}


def _image(kale: dict[str, Any], changes: list[Change]) -> None:
    if "docker_image" not in kale:
        return
    image = kale.pop("docker_image") or ""
    own = kale.get("base_image") or ""
    if image and not own:
        kale["base_image"] = image
    old = _ROK_IMAGE in image
    note = "an image of Rok's days: choose one with Python 3.11 or later that can still be pulled" if old else ""
    changes.append(
        Change(
            what="docker_image",
            before=image,
            after=f"base_image: {kale['base_image']}" if kale.get("base_image") else "Kale's default image",
            note=note,
            attention=old,
        )
    )


def _storage_class(kale: dict[str, Any], changes: list[Change]) -> None:
    """Take away a class that names Rok, or nothing: Kale 2.3 refuses an empty one."""
    for key, gone in (("storage_class_name", ("", "rok")), ("volume_access_mode", ("",))):
        if kale.get(key) in gone:
            note = "Rok's class; rok works on any" if kale[key] else "empty: the default holds"
            changes.append(Change(what=key, before=kale.pop(key), note=note))


def _experiment(kale: dict[str, Any], changes: list[Change]) -> None:
    experiment = kale.get("experiment")
    name = experiment.get("name") if isinstance(experiment, dict) else None
    if name and not kale.get("experiment_name"):
        kale["experiment_name"] = name
        changes.append(Change(what="experiment_name", after=name, note="as `experiment` says"))


def _drop_the_rest(kale: dict[str, Any], changes: list[Change]) -> None:
    for key in sorted(set(kale) - KNOWN_KEYS):
        value = kale.pop(key)
        changes.append(Change(what=key, before=shown(value), note="Kale 2.3 refuses it; the original keeps it"))
