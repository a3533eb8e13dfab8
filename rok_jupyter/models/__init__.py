"""The values that every floor speaks of: frozen, typed, without I/O.

Owns the meaning of volumes, snapshots, plans and policies. Doesn't own their JSON (wire), their storage (engine,
providers) or their looks (render).

Paths inside a volume are relative, with "/" between names and "" for the volume's root; bytes of a name that are no
UTF-8 are kept as Python's `surrogateescape` does, always through UTF-8 whatever the locale says. Times are aware UTC
datetimes, or integers of nanoseconds since the epoch where a name ends in `_ns`. Sizes are in bytes.
"""

from __future__ import annotations

from rok_jupyter.models.entries import (
    Change,
    Difference,
    DifferenceCounts,
    Entry,
    EntryDifference,
    EntryError,
    EntryType,
    NotebookDifference,
    SkippedEntry,
)
from rok_jupyter.models.pipelines import FinalPlan, HookKind, HookPlan, HookSettings, OnError, StepPlan
from rok_jupyter.models.policies import (
    ForgetDecision,
    KeptSnapshot,
    Policy,
    PolicyPreview,
    RetentionPolicy,
    Schedule,
)
from rok_jupyter.models.repositories import (
    CheckResult,
    CopyResult,
    Damage,
    ForgetResult,
    KeyInfo,
    PrunePlan,
    PruneResult,
    RepositoryInfo,
    SnapshotError,
)
from rok_jupyter.models.restores import (
    BesideCopy,
    CopyBackResult,
    ExportResult,
    InterruptedRestore,
    PlannedChange,
    RestorePlan,
    RestoreRequest,
    RestoreResult,
    UndoPlan,
    UndoResult,
)
from rok_jupyter.models.resumes import Resumed, ResumeRequest
from rok_jupyter.models.snapshots import (
    Consistency,
    DeleteResult,
    Member,
    Moment,
    Origin,
    OriginKind,
    Page,
    Snapshot,
    SnapshotEdit,
    SnapshotFilter,
    SnapshotRequest,
    Statistics,
)
from rok_jupyter.models.status import Status
from rok_jupyter.models.volumes import (
    Capabilities,
    Capability,
    ExcludeCandidate,
    ExcludeResult,
    Mount,
    Role,
    Volume,
    VolumeEstimate,
)

__all__ = [
    "BesideCopy",
    "Capabilities",
    "Capability",
    "Change",
    "CheckResult",
    "Consistency",
    "CopyBackResult",
    "CopyResult",
    "Damage",
    "DeleteResult",
    "Difference",
    "DifferenceCounts",
    "Entry",
    "EntryDifference",
    "EntryError",
    "EntryType",
    "ExcludeCandidate",
    "ExcludeResult",
    "ExportResult",
    "FinalPlan",
    "ForgetDecision",
    "ForgetResult",
    "HookKind",
    "HookPlan",
    "HookSettings",
    "InterruptedRestore",
    "KeptSnapshot",
    "KeyInfo",
    "Member",
    "Moment",
    "Mount",
    "NotebookDifference",
    "OnError",
    "Origin",
    "OriginKind",
    "Page",
    "PlannedChange",
    "Policy",
    "PolicyPreview",
    "PrunePlan",
    "PruneResult",
    "RepositoryInfo",
    "RestorePlan",
    "RestoreRequest",
    "RestoreResult",
    "ResumeRequest",
    "Resumed",
    "RetentionPolicy",
    "Role",
    "Schedule",
    "SkippedEntry",
    "Snapshot",
    "SnapshotEdit",
    "SnapshotError",
    "SnapshotFilter",
    "SnapshotRequest",
    "Statistics",
    "Status",
    "StepPlan",
    "UndoPlan",
    "UndoResult",
    "Volume",
    "VolumeEstimate",
]
