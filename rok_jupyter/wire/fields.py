"""Which fields of the models hold names, and a walk that rewrites them.

Owns the table of fields that are percent-encoded in JSON. A test fails for a model's path-like field that is neither
here nor among the literal ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum

import msgspec

from rok_jupyter import models
from rok_jupyter.progress import Report

Rewrite = Callable[[str], str]

NAMES: Mapping[type, frozenset[str]] = {
    models.Volume: frozenset({"path", "attached_at"}),
    models.ExcludeCandidate: frozenset({"path"}),
    models.VolumeEstimate: frozenset({"path"}),
    models.Mount: frozenset({"path", "device"}),
    models.EntryError: frozenset({"path"}),
    models.SkippedEntry: frozenset({"path"}),
    models.Member: frozenset({"path"}),
    models.SnapshotFilter: frozenset({"path"}),
    models.Entry: frozenset({"path", "target"}),
    models.EntryDifference: frozenset({"path"}),
    models.RestoreRequest: frozenset({"paths", "directory", "volumes", "only"}),
    models.PlannedChange: frozenset({"path", "part_of"}),
    models.RestorePlan: frozenset({"targets"}),
    models.RestoreResult: frozenset({"targets"}),
    models.ResumeRequest: frozenset({"directory"}),
    models.Resumed: frozenset({"directory", "notebook", "variables_directory", "volumes"}),
    models.BesideCopy: frozenset({"path", "copy"}),
    models.ExportResult: frozenset({"path", "likely_secrets"}),
    models.Damage: frozenset({"paths"}),
    models.InterruptedRestore: frozenset({"targets"}),
    models.Status: frozenset({"workspace"}),
    Report: frozenset({"current"}),
}
"""Fields, by class, whose text is one or several names: the text itself, a tuple's items or a mapping's values."""

LITERAL: Mapping[type, frozenset[str]] = {
    models.RepositoryInfo: frozenset({"location", "password_file"}),
}
"""Path-like fields that stay as they are: they are what restic's -r and -p take."""

_ATOMS = frozenset({bool, int, float, datetime, type(None)})


def rewrite(value: object, *, names: Rewrite, text: Rewrite) -> object:
    """Return a copy of a value whose names went through `names` and whose other text went through `text`."""
    class_ = type(value)
    if class_ is str:
        return text(value)  # type: ignore[arg-type]
    if class_ in _ATOMS or isinstance(value, Enum):
        return value
    if isinstance(value, tuple | list):
        items = [rewrite(item, names=names, text=text) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, Mapping):
        return {text(str(key)): rewrite(item, names=names, text=text) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        return _rewrite_fields(value, names=names, text=text)
    return value


def _rewrite_fields(value: msgspec.Struct, *, names: Rewrite, text: Rewrite) -> object:
    class_ = type(value)
    held = NAMES.get(class_, frozenset())
    changed = {
        field: rewrite(getattr(value, field), names=names, text=names if field in held else text)
        for field in class_.__struct_fields__
    }
    return class_(**changed)
