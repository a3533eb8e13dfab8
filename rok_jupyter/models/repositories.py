"""Repositories: what there is to say of one, and what its upkeep would do and did."""

from __future__ import annotations

from datetime import datetime

import msgspec

from rok_jupyter.models.policies import ForgetDecision


class PrunePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a prune would do, in packs and bytes."""

    packs_to_delete: int = 0
    packs_to_repack: int = 0
    packs_kept: int = 0
    bytes_freed: int = 0
    bytes_used: int = 0
    bytes_to_rewrite: int = 0
    indexes_to_replace: int = 0
    """Damaged index files, whose content is made anew from what packs say they hold."""


class ForgetResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a forget removed or, on a dry run, would remove; `prune` is set where it pruned, or would."""

    decisions: tuple[ForgetDecision, ...]
    dry_run: bool
    prune: PrunePlan | None = None

    @property
    def removed(self) -> tuple[str, ...]:
        """The ids that didn't stay."""
        return tuple(decision.snapshot for decision in self.decisions if not decision.keep)


class PruneResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a prune did or, on a dry run, would do."""

    plan: PrunePlan
    dry_run: bool


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """One damaged or missing file of a repository. `kind` is pack, index, snapshot, tree, blob, key, config, lock.

    `id` is the file's or the blob's name; empty where what is missing has no name that could be known.
    """

    kind: str
    id: str
    message: str
    paths: tuple[str, ...] = ()
    """Some of the entries ("SNAPSHOT:/PATH", by the snapshot's id) that need it, where known."""


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found; no damages means that everything read was right."""

    damages: tuple[Damage, ...]
    hints: tuple[str, ...] = ()
    snapshots: int = 0
    packs: int = 0
    blobs: int = 0
    bytes_read: int = 0
    read_data: bool = False

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damages


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a repository, without anything secret."""

    id: str
    user: str
    host: str
    created: datetime
    current: bool


class RepositoryInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say of a repository. `location` and `password_file` are what restic's -r and -p take."""

    location: str
    exists: bool
    gone: bool = False
    """Whether it was there once, and isn't any more."""
    password_file: str | None = None
    id: str | None = None
    version: int | None = None
    snapshots: int | None = None
    packs: int | None = None
    size: int | None = None
    """Bytes that its files take."""
    protects_against_disk_loss: bool = True
    warnings: tuple[str, ...] = ()


class SnapshotError(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot that could not be had, and why: the rest went on."""

    snapshot: str
    """Its id; its storage id where its document can't be read."""
    message: str


class CopyResult(msgspec.Struct, frozen=True, kw_only=True):
    """Snapshots copied to another repository; those that it already had are not copied again."""

    copied: tuple[str, ...]
    already_there: tuple[str, ...]
    bytes_added: int = 0
    errors: tuple[SnapshotError, ...] = ()
    """Snapshots that were not copied, since something that they need is damaged."""
