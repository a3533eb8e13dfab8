"""What each long verb results in.

Owns the table from a task's verb to the type of its result. Doesn't own tasks.
"""

from __future__ import annotations

from collections.abc import Mapping

from rok_jupyter import models
from rok_jupyter.wire.decode import from_json

RESULTS: Mapping[str, type] = {
    "snapshot": models.Snapshot,
    "scheduled-snapshot": models.Snapshot,
    "estimate": models.VolumeEstimate,
    "diff": models.Difference,
    "notebook-diff": models.NotebookDifference,
    "restore": models.RestoreResult,
    "resume": models.Resumed,
    "restore-plan": models.RestorePlan,
    "copy-back": models.CopyBackResult,
    "undo": models.UndoResult,
    "undo-plan": models.UndoPlan,
    "export": models.ExportResult,
    "delete": models.DeleteResult,
    "forget": models.ForgetResult,
    "prune": models.PruneResult,
    "check": models.CheckResult,
    "copy": models.CopyResult,
    "clone": models.Volume,
    "attach": models.Volume,
    "detach": models.Volume,
}
"""By verb, as a `Task` names it."""


def decode_result(verb: str, data: object) -> object:
    """Return a task's result as the model that `verb` results in; as it stands for a verb that isn't known here."""
    type_ = RESULTS.get(verb)
    return data if type_ is None or data is None else from_json(type_, data)
