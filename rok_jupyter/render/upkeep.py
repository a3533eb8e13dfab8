"""What there is to say of the repository, of policies, and of the whole (`rok status`), as blocks.

Owns the descriptions of what upkeep returns; `values` owns those of snapshots, restores and volumes.
"""

from __future__ import annotations

import msgspec

from rok_jupyter import models
from rok_jupyter.render.blocks import Facts, Line, Table, Tone, amount, moment, size
from rok_jupyter.render.entries import change_summary, located
from rok_jupyter.render.values import SHORT_ID, Blocks, describe, key_table, volume_table
from rok_jupyter.wire.names import encode_name


@describe.register
def _forgotten(result: models.ForgetResult, *, limit: int | None = None) -> Blocks:
    verb = "would forget" if result.dry_run else "forgot"
    kept = sum(decision.keep for decision in result.decisions)
    rows = tuple(
        (decision.snapshot[:SHORT_ID], "keep" if decision.keep else "forget", ", ".join(decision.reasons))
        for decision in result.decisions
    )
    head = Line(f"{verb} {amount(len(result.removed), 'snapshot')}, {kept:,} kept", Tone.STRONG)
    pruned = _prune_lines(result.prune, dry_run=result.dry_run) if result.prune is not None else ()
    return (head, *((Table(("id", "", "because"), rows),) if rows else ()), *pruned)


@describe.register
def _pruned(result: models.PruneResult, *, limit: int | None = None) -> Blocks:
    return _prune_lines(result.plan, dry_run=result.dry_run)


def _prune_lines(plan: models.PrunePlan, *, dry_run: bool) -> Blocks:
    verb = "would free" if dry_run else "freed"
    packs = ((plan.packs_to_delete, "deleted"), (plan.packs_to_repack, "rewritten"), (plan.packs_kept, "kept"))
    return (
        Line(f"{verb} {size(plan.bytes_freed)}; {size(plan.bytes_used)} in use", Tone.STRONG),
        Line(f"packs: {change_summary(packs) or 'none'}"),
        *((_replaced(plan.indexes_to_replace, dry_run=dry_run),) if plan.indexes_to_replace else ()),
    )


def _replaced(count: int, *, dry_run: bool) -> Line:
    return Line(f"{'would replace' if dry_run else 'replaced'} {amount(count, 'damaged index file')}", Tone.WARNING)


@describe.register
def _checked(result: models.CheckResult, *, limit: int | None = None) -> Blocks:
    depth = f", {size(result.bytes_read)} read" if result.read_data else "; file contents were not read (--read-data)"
    counts = f"{amount(result.snapshots, 'snapshot')}, {amount(result.packs, 'pack')}, {amount(result.blobs, 'blob')}"
    if result.sound:
        head = Line(f"no damage found: {counts}{depth}", Tone.STRONG)
    else:
        head = Line(f"{amount(len(result.damages), 'damage')} found: {counts}{depth}", Tone.WARNING)
    hints = tuple(Line(hint) for hint in result.hints)
    return (head, *(block for damage in result.damages[:limit] for block in _damage(damage)), *hints)


def _damage(damage: models.Damage) -> Blocks:
    needed = tuple(Line(f"  needed by {encode_name(path)}") for path in damage.paths)
    what = f"{damage.kind} {damage.id}".rstrip()  # a lost index file's name isn't known
    return (Line(f"{what}: {damage.message}"), *needed)


@describe.register
def _repository(info: models.RepositoryInfo, *, limit: int | None = None) -> Blocks:
    facts = (
        ("repository", encode_name(info.location)),
        ("password file", encode_name(info.password_file or "")),
        ("id", info.id or ""),
        ("format", "" if info.version is None else f"restic, version {info.version}"),
        ("snapshots", "" if info.snapshots is None else f"{info.snapshots:,}"),
        ("size", size(info.size)),
        ("exists", "" if info.exists else "not yet: the first snapshot makes it"),
    )
    unsaid = not info.protects_against_disk_loss and not any("disk" in warning for warning in info.warnings)
    warnings = (*((_SAME_DISK,) if unsaid else ()), *info.warnings)
    shown = (Line(warning, Tone.WARNING) for warning in warnings)
    return (Facts(tuple((name, text) for name, text in facts if text)), *shown)


_SAME_DISK = "It is on the same disk as the volumes: it does not protect against losing this disk."


@describe.register
def _key(key: models.KeyInfo, *, limit: int | None = None) -> Blocks:
    return key_table((key,))


@describe.register
def _copied(result: models.CopyResult, *, limit: int | None = None) -> Blocks:
    there = f", {len(result.already_there):,} already there" if result.already_there else ""
    what = amount(len(result.copied), "snapshot")
    head = Line(f"copied {what}{there}; {size(result.bytes_added)} added", Tone.STRONG)
    if not result.errors:
        return (head,)
    lost = Line(f"{amount(len(result.errors), 'snapshot')} could not be copied:", Tone.WARNING)
    return (head, lost, Table(("id", "why"), tuple((each.snapshot[:SHORT_ID], each.message) for each in result.errors)))


@describe.register
def _policy(policy: models.Policy, *, limit: int | None = None) -> Blocks:
    return (Facts((("retention", retention_text(policy.retention)), ("schedule", schedule_text(policy.schedule)))),)


def retention_text(policy: models.RetentionPolicy) -> str:
    """Return which snapshots are kept, in words."""
    if policy.empty:
        return "keep everything"
    periods = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
    rules = [f"{getattr(policy, f'keep_{period}')} {period}" for period in periods if getattr(policy, f"keep_{period}")]
    rules += [f"within {policy.keep_within}"] if policy.keep_within else []
    rules += [f"tagged {tag}" for tag in policy.keep_tags]
    return "keep " + ", ".join(rules)


def schedule_text(schedule: models.Schedule) -> str:
    """Return when snapshots are taken by themselves, in words."""
    if not schedule.every_minutes:
        return "off"
    volumes = f" of {', '.join(schedule.volumes)}" if schedule.volumes else ""
    prune = ", pruning after a forget" if schedule.prune else ""
    return f"every {amount(schedule.every_minutes, 'minute')} while a server runs{volumes}{prune}"


@describe.register
def _status(status: models.Status, *, limit: int | None = None) -> Blocks:
    last = status.last_snapshot
    facts = (
        ("workspace", encode_name(status.workspace)),
        ("provider", status.provider),
        ("last snapshot", "none" if last is None else f"{last.id[:SHORT_ID]}, {moment(last.created)} {last.message}"),
        ("retention", retention_text(status.policy.retention)),
        ("schedule", schedule_text(status.policy.schedule)),
        ("next", moment(status.next_scheduled)),
    )
    failed = (Line(f"The last scheduled snapshot failed: {status.schedule_error}", Tone.WARNING),)
    return (
        Facts(tuple((name, text.rstrip()) for name, text in facts if text)),
        *volume_table(status.volumes),
        *(block for volume in status.volumes for block in _missing_capabilities(volume)),
        *describe(status.repository, limit=limit),
        *(
            Line(f"not in snapshots: the mount {encode_name(mount.path)} ({mount.file_system})")
            for mount in status.mounts
        ),
        *(block for restore in status.interrupted_restores for block in _interrupted(restore)),
        *(failed if status.schedule_error is not None else ()),
        *(Line(warning, Tone.WARNING) for warning in status.warnings if warning not in status.repository.warnings),
    )


def _missing_capabilities(volume: models.Volume) -> Blocks:
    lines = []
    for field in msgspec.structs.fields(volume.capabilities):
        capability: models.Capability = getattr(volume.capabilities, field.name)
        if not capability.available:
            lines.append(Line(f"{volume.name}: no {field.name.replace('_', ' ')}: {capability.reason}"))
    return tuple(lines)


def _interrupted(restore: models.InterruptedRestore) -> Blocks:
    where = ", ".join(located(volume, path) for volume, path in restore.targets.items())
    when = moment(restore.started)
    return (
        Line(f"A restore of {restore.snapshot[:SHORT_ID]} ({when}; {where}) was interrupted.", Tone.WARNING),
        Line(f"  finish it: {restore.finish_command}"),
        Line(f"  undo it:   {restore.undo_command}"),
    )
