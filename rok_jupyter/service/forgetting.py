"""Forget: which of this owner's snapshots of these volumes go, by policy.

Owns what stands above the rules: nothing goes without a policy, and nothing that is in use or that a restore left
half-way still needs. A dry run and a real one decide alike. Doesn't own the rules (engine.retention).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec.structs import replace

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import ForgetDecision, ForgetResult, PrunePlan, RetentionPolicy, Snapshot
from rok_jupyter.progress import Progress
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.service.journal import Journal
from rok_jupyter.service.policy import Policies
from rok_jupyter.service.snapshots import Snapshots
from rok_jupyter.service.upkeep import Upkeep
from rok_jupyter.service.volume_lock import VolumeLocks


class Forgetting:
    """Removes snapshots by policy."""

    def __init__(
        self,
        provider: Provider,
        snapshots: Snapshots,
        upkeep: Upkeep,
        policies: Policies,
        *,
        journal: Journal,
        locks: VolumeLocks,
    ) -> None:
        self._provider = provider
        self._snapshots = snapshots
        self._upkeep = upkeep
        self._policies = policies
        self._journal = journal
        self._locks = locks

    def forget(
        self, policy: RetentionPolicy | None, *, dry_run: bool, prune: bool, progress: Progress, undoable: bool = True
    ) -> ForgetResult:
        """Remove what the policy (None: the stored one) doesn't keep; `undoable` where an undo shall bring it back.

        FAILED_PRECONDITION where no policy is stored, INVALID_ARGUMENT for one that names nothing to keep.
        """
        chosen = self._policies.get().retention if policy is None else policy
        if chosen.empty:
            raise _nothing_to_keep(stored=policy is None)
        snapshots = {snapshot.id: snapshot for snapshot in self._provider.snapshots()}
        decisions = tuple(self._decide(snapshots.values(), chosen))
        going = [snapshots[decision.snapshot] for decision in decisions if not decision.keep]
        if not dry_run:
            self._snapshots.remove(going, progress, undoable=undoable and not prune)
        plan = self._prune(going, dry_run=dry_run, progress=progress) if prune else None
        return ForgetResult(decisions=decisions, dry_run=dry_run, prune=plan)

    def decide(self, policy: RetentionPolicy) -> tuple[ForgetDecision, ...]:
        """Say which of this owner's snapshots would stay under a policy; under one that is empty all do."""
        return tuple(self._decide(self._provider.snapshots(), policy))

    def _prune(self, going: Iterable[Snapshot], *, dry_run: bool, progress: Progress) -> PrunePlan:
        without = [snapshot.storage_id for snapshot in going] if dry_run else []
        return self._upkeep.prune(dry_run=dry_run, without=without, progress=progress).plan

    def _decide(self, snapshots: Iterable[Snapshot], policy: RetentionPolicy) -> Iterable[ForgetDecision]:
        from rok_jupyter.engine.retention import apply_policy

        needed = {
            reference
            for action in self._journal.actions()
            if action.pending
            for reference in (action.safety, action.request.snapshot if action.request else None)
        }
        for decision in apply_policy(snapshots, policy, datetime.now(UTC).astimezone()):
            if decision.snapshot in needed:
                yield _kept(decision, "an interrupted restore")
            elif not decision.keep and self._locks.in_use(decision.snapshot):
                yield _kept(decision, "in use")
            else:
                yield decision


def _kept(decision: ForgetDecision, reason: str) -> ForgetDecision:
    return replace(decision, keep=True, reasons=(*decision.reasons, reason))


def _nothing_to_keep(*, stored: bool) -> RokError:
    if stored:
        return RokError(
            ErrorKind.FAILED_PRECONDITION,
            "No retention policy is set, so nothing is forgotten.",
            "Say what to keep: rok forget --keep-last N; or set it for good: rok policy set --keep-daily N",
        )
    return RokError(
        ErrorKind.INVALID_ARGUMENT,
        "The policy names nothing to keep, so nothing is forgotten.",
        "Say what to keep, for example --keep-last 10.",
    )
