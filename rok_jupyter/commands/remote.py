"""The verbs at a running server: values in, REST, values out.

Owns which route each verb is, and the seam at which the client's errors become ours. What names a file outside the
workspace, and the password, stay in this process: REST doesn't reach there, and this process has its user's rights.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from msgspec.structs import replace

from rok_jupyter import models
from rok_jupyter.client import Client, ClientError, path_of
from rok_jupyter.client import Watch as ClientWatch
from rok_jupyter.commands.door import Door, Watch
from rok_jupyter.progress import Report
from rok_jupyter.wire import encode_name, from_json, to_json
from rok_jupyter.wire.errors import error_from_json

Value = TypeVar("Value")
_PAGE = "1000"


class RemoteDoor:
    """`commands.door.Door` over a client. `open_local` gives the door for what stays in this process."""

    def __init__(self, client: Client, *, workspace: str, open_local: Callable[[], Door]) -> None:
        self._client = client
        self._workspace = workspace
        self._open_local = open_local

    # What there is

    def status(self) -> models.Status:
        """Return volumes, repository, policy and what needs attention."""
        return self._get(models.Status, "status")

    def volumes(self) -> tuple[models.Volume, ...]:
        """Return the volumes, workspace first."""
        return self._all(models.Page[models.Volume], "volumes")

    def estimate(self, volume: str, watch: Watch) -> models.VolumeEstimate:
        """Say about how much a snapshot of a volume would read."""
        return self._get(models.VolumeEstimate, path_of("volumes", volume, "estimate"))

    def exclude(self, volume: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Leave directories out of a volume's snapshots."""
        body = {"paths": [encode_name(path) for path in paths]}
        return self._change(models.ExcludeResult, "POST", path_of("volumes", volume, "exclude"), body).patterns

    def list(
        self, filter_: models.SnapshotFilter, *, cursor: str | None = None, limit: int = 100
    ) -> models.Page[models.Snapshot]:
        """Return a page of snapshots, newest first."""
        query = [(name, _spelled(value)) for name, value in to_json(filter_).items() if value not in (None, False)]
        query += [("limit", str(limit))] + ([("cursor", cursor)] if cursor is not None else [])
        return self._get(models.Page[models.Snapshot], "snapshots", query)

    def show(self, reference: str) -> models.Snapshot:
        """Return one snapshot."""
        return self._get(models.Snapshot, path_of("snapshots", reference))

    def tree(
        self, reference: str, volume: str | None, path: str, *, cursor: str | None = None
    ) -> models.Page[models.Entry]:
        """Return a page of a directory's entries."""
        query = [*_place(volume, path), ("limit", _PAGE)] + ([("cursor", cursor)] if cursor is not None else [])
        return self._work(models.Page[models.Entry], path_of("snapshots", reference, "tree"), method="GET", query=query)

    def read(self, reference: str, volume: str | None, path: str) -> Iterator[bytes]:
        """Yield a file's bytes."""
        with _our_errors():
            yield from self._client.content(path_of("snapshots", reference, "content"), _place(volume, path))

    def read_live(self, volume: str, path: str) -> Iterator[bytes]:
        """Yield the bytes of a volume's file as it is now."""
        with _our_errors():
            yield from self._client.content(path_of("volumes", volume, "content"), [("path", encode_name(path))])

    def diff(self, reference: str, against: str | None, paths: Sequence[str], watch: Watch) -> models.Difference:
        """Compare with another snapshot, or with the live volumes."""
        asked = [("against", against or "live"), *(("path", encode_name(path)) for path in paths)]
        route, limit = path_of("snapshots", reference, "diff"), ("limit", _PAGE)
        page = first = self._work(models.Difference, route, method="GET", query=[*asked, limit], watch=watch)
        entries = [*first.entries]
        while page.next_cursor is not None:
            page = self._get(models.Difference, route, [limit, ("cursor", page.next_cursor)])
            entries += page.entries
        return replace(first, entries=tuple(entries), next_cursor=None)

    def notebook_diff(
        self, reference: str, against: str | None, volume: str, path: str, watch: Watch
    ) -> models.NotebookDifference:
        """Compare a notebook cell by cell."""
        query = [("against", against or "live"), *_place(volume, path)]
        route = path_of("snapshots", reference, "notebook-diff")
        return self._work(models.NotebookDifference, route, method="GET", query=query, watch=watch)

    # What changes snapshots and volumes

    def take(self, request: models.SnapshotRequest, watch: Watch) -> models.Snapshot:
        """Take a snapshot; the server has open documents saved first."""
        body = to_json(request)
        del body["unsaved_documents"]
        return self._work(models.Snapshot, "snapshots", body, watch=watch)

    def edit(self, reference: str, edit: models.SnapshotEdit) -> models.Snapshot:
        """Change message, tags or pin."""
        return self._change(models.Snapshot, "PATCH", path_of("snapshots", reference), to_json(edit))

    def delete(self, references: Sequence[str], watch: Watch) -> models.DeleteResult:
        """Delete snapshots."""
        return self._work(models.DeleteResult, "delete", {"snapshots": [*references]}, watch=watch)

    def plan_restore(
        self, request: models.RestoreRequest, watch: Watch, *, save_documents: bool = False
    ) -> models.RestorePlan:
        """Say what a restore would do; `save_documents` has open documents saved first."""
        if not self._within(request.directory, *request.volumes.values()):
            return self._open_local().plan_restore(request, watch)
        route = path_of("snapshots", request.snapshot, "restore-plan")
        body = {**_restore_body(request), "save_documents": save_documents}
        return self._work(models.RestorePlan, route, body, watch=watch)

    def restore(
        self, request: models.RestoreRequest, watch: Watch, *, fingerprint: str | None = None
    ) -> models.RestoreResult:
        """Restore what the plan of that fingerprint says; in place, the server has open documents saved first."""
        if not self._within(request.directory, *request.volumes.values()):
            return self._open_local().restore(request, watch, fingerprint=fingerprint)
        body = {**_restore_body(request), "fingerprint": fingerprint}
        return self._work(models.RestoreResult, path_of("snapshots", request.snapshot, "restore"), body, watch=watch)

    def copy_back(self, reference: str, paths: Sequence[str], watch: Watch) -> models.CopyBackResult:
        """Restore entries next to their originals, under new names."""
        body = {"paths": [encode_name(path) for path in paths]}
        return self._work(models.CopyBackResult, path_of("snapshots", reference, "copy-back"), body, watch=watch)

    def undo(self, watch: Watch) -> models.UndoResult:
        """Undo the last restore or delete."""
        return self._work(models.UndoResult, "undo", watch=watch)

    def export(self, reference: str, paths: Sequence[str], target: str, watch: Watch) -> models.ExportResult:
        """Write an archive."""
        if not self._within(target):
            return self._open_local().export(reference, paths, target, watch)
        body = {"target": encode_name(target), "paths": [encode_name(path) for path in paths]}
        return self._work(models.ExportResult, path_of("snapshots", reference, "export"), body, watch=watch)

    def clone(self, reference: str, volume: str, new_name: str, watch: Watch) -> models.Volume:
        """Make a new volume from a member."""
        body = {"volume": volume, "name": new_name}
        return self._work(models.Volume, path_of("snapshots", reference, "clone"), body, watch=watch)

    def attach(self, volume: str, at: str, *, read_only: bool = False, directory: str | None = None) -> models.Volume:
        """Attach a data volume."""
        if not self._within(directory):
            return self._open_local().attach(volume, at, read_only=read_only, directory=directory)
        body = {
            "at": encode_name(at),
            "read_only": read_only,
            "directory": None if directory is None else encode_name(directory),
        }
        return self._work(models.Volume, path_of("volumes", volume, "attach"), body)

    def detach(self, volume: str) -> models.Volume:
        """Undo an attach."""
        return self._work(models.Volume, path_of("volumes", volume, "detach"))

    # Upkeep

    def forget(
        self, policy: models.RetentionPolicy | None, *, dry_run: bool, prune: bool, watch: Watch
    ) -> models.ForgetResult:
        """Remove snapshots by a policy, or by the stored one."""
        stated = None if policy is None else to_json(policy)
        body = {"action": "forget", "policy": stated, "dry_run": dry_run, "prune": prune}
        return self._work(models.ForgetResult, "repository", body, watch=watch)

    def prune(self, *, dry_run: bool, watch: Watch) -> models.PruneResult:
        """Free what no snapshot needs."""
        return self._work(models.PruneResult, "repository", {"action": "prune", "dry_run": dry_run}, watch=watch)

    def check(self, *, read_data: bool, watch: Watch) -> models.CheckResult:
        """Look for damage."""
        return self._work(models.CheckResult, "repository", {"action": "check", "read_data": read_data}, watch=watch)

    def repository_info(self) -> models.RepositoryInfo:
        """Return what there is to say of the repository."""
        return self._get(models.RepositoryInfo, "repository")

    def create_repository(self) -> models.RepositoryInfo:
        """Make the repository."""
        return self._change(models.RepositoryInfo, "POST", "repository", {"action": "create"})

    def unlock(self, *, remove_all: bool) -> int:
        """Remove stale locks, or all."""
        with _our_errors():
            return int(
                self._client.change("POST", "repository", {"action": "unlock", "remove_all": remove_all})["removed"]
            )

    def copy(
        self, target: str, *, target_password_file: str | None, references: Sequence[str], watch: Watch
    ) -> models.CopyResult:
        """Copy snapshots to another repository."""
        if not self._within(target, target_password_file):
            return self._open_local().copy(
                target, target_password_file=target_password_file, references=references, watch=watch
            )
        body = {
            "action": "copy",
            "target": encode_name(target),
            "target_password_file": None if target_password_file is None else encode_name(target_password_file),
            "snapshots": [*references],
        }
        return self._work(models.CopyResult, "repository", body, watch=watch)

    def keys(self) -> tuple[models.KeyInfo, ...]:
        """Return the repository's keys."""
        return self._all(models.Page[models.KeyInfo], "repository/keys")

    def add_key(self, new_password_file: str | None) -> models.KeyInfo:
        """Add a key, in this process: its password's file is the user's, not the workspace's."""
        return self._open_local().add_key(new_password_file)

    def remove_key(self, key_id: str) -> None:
        """Remove a key."""
        with _our_errors():
            self._client.change("DELETE", path_of("repository", "keys", key_id))

    def export_key(self) -> str:
        """Return the password, which never goes over HTTP."""
        return self._open_local().export_key()

    def policy(self) -> models.Policy:
        """Return retention and schedule."""
        return self._get(models.Policy, "policy")

    def set_policy(self, policy: models.Policy) -> models.Policy:
        """Set retention and schedule."""
        return self._change(models.Policy, "PUT", "policy", to_json(policy))

    # How it is asked

    def _get(self, type_: type[Value], path: str, query: Sequence[tuple[str, str]] = ()) -> Value:
        with _our_errors():
            return from_json(type_, self._client.get(path, query, patient=True))

    def _change(self, type_: type[Value], method: str, path: str, body: object) -> Value:
        with _our_errors():
            return from_json(type_, self._client.change(method, path, body))

    def _all(self, type_: type[models.Page[Value]], path: str) -> tuple[Value, ...]:
        page = self._get(type_, path, [("limit", _PAGE)])
        items = page.items
        while page.next_cursor is not None:
            page = self._get(type_, path, [("limit", _PAGE), ("cursor", page.next_cursor)])
            items += page.items
        return items

    def _work(
        self,
        type_: type[Value],
        path: str,
        body: object = None,
        *,
        method: str = "POST",
        query: Sequence[tuple[str, str]] = (),
        watch: Watch | None = None,
    ) -> Value:
        seen = _reports(watch) if watch is not None else None
        with _our_errors():
            return from_json(type_, self._client.run(path, body, method=method, query=query, watch=seen))

    def _within(self, *paths: str | None) -> bool:
        """Whether every path that is given lies below the workspace, which is where REST may write."""
        root = os.path.realpath(self._workspace.encode("utf-8", "surrogateescape"))
        given = [os.path.realpath(path.encode("utf-8", "surrogateescape")) for path in paths if path is not None]
        return all(path == root or path.startswith(root.rstrip(b"/") + b"/") for path in given)


@contextmanager
def _our_errors() -> Iterator[None]:
    """Turn the client's errors into ours; the one seam between the two."""
    try:
        yield
    except ClientError as error:
        raise error_from_json({"kind": error.kind, "message": error.message, "hint": error.hint}) from error


def _reports(watch: Watch) -> ClientWatch:
    def watch_json(report: dict[str, Any]) -> None:
        watch(from_json(Report, report))

    return watch_json


def _place(volume: str | None, path: str) -> list[tuple[str, str]]:
    return [*([("volume", volume)] if volume is not None else []), ("path", encode_name(path))]


def _restore_body(request: models.RestoreRequest) -> dict[str, Any]:
    body: dict[str, Any] = to_json(request)
    return {name: value for name, value in body.items() if name not in ("snapshot", "only")}


def _spelled(value: object) -> str:
    return "true" if value is True else str(value)
