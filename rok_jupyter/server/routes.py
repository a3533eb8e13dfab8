"""The table of all routes: what the server serves, what the description describes, what the tests walk through."""

from __future__ import annotations

import re

from rok_jupyter.server.base import API, RokHandler, UnknownHandler
from rok_jupyter.server.content import ContentHandler, LiveContentHandler
from rok_jupyter.server.description import DescriptionHandler
from rok_jupyter.server.documents import DocumentsSavedHandler
from rok_jupyter.server.kale import KalePlanHandler
from rok_jupyter.server.policy import PolicyHandler, PolicyPreviewHandler
from rok_jupyter.server.repository import KeyHandler, KeysHandler, RepositoryHandler
from rok_jupyter.server.restores import (
    CloneHandler,
    CopyBackHandler,
    ExportHandler,
    RestoreHandler,
    RestorePlanHandler,
    UndoHandler,
    UndoPlanHandler,
)
from rok_jupyter.server.resumes import ResumeHandler
from rok_jupyter.server.snapshots import (
    DeleteHandler,
    DiffHandler,
    NotebookDiffHandler,
    SnapshotHandler,
    SnapshotsHandler,
    TagsHandler,
    TreeHandler,
)
from rok_jupyter.server.status import StatusHandler
from rok_jupyter.server.tasks import TaskHandler, TasksHandler
from rok_jupyter.server.volumes import AttachHandler, DetachHandler, EstimateHandler, ExcludeHandler, VolumesHandler

Route = tuple[str, type[RokHandler]]

ROUTES: tuple[Route, ...] = (
    (f"{API}/openapi.json", DescriptionHandler),
    (f"{API}/status", StatusHandler),
    (f"{API}/volumes", VolumesHandler),
    (f"{API}/volumes/{{name}}/estimate", EstimateHandler),
    (f"{API}/volumes/{{name}}/content", LiveContentHandler),
    (f"{API}/volumes/{{name}}/exclude", ExcludeHandler),
    (f"{API}/volumes/{{name}}/attach", AttachHandler),
    (f"{API}/volumes/{{name}}/detach", DetachHandler),
    (f"{API}/repository", RepositoryHandler),
    (f"{API}/repository/keys", KeysHandler),
    (f"{API}/repository/keys/{{id}}", KeyHandler),
    (f"{API}/snapshots", SnapshotsHandler),
    (f"{API}/snapshots/{{id}}", SnapshotHandler),
    (f"{API}/snapshots/{{id}}/tree", TreeHandler),
    (f"{API}/snapshots/{{id}}/content", ContentHandler),
    (f"{API}/snapshots/{{id}}/diff", DiffHandler),
    (f"{API}/snapshots/{{id}}/notebook-diff", NotebookDiffHandler),
    (f"{API}/snapshots/{{id}}/restore-plan", RestorePlanHandler),
    (f"{API}/snapshots/{{id}}/restore", RestoreHandler),
    (f"{API}/snapshots/{{id}}/copy-back", CopyBackHandler),
    (f"{API}/snapshots/{{id}}/resume", ResumeHandler),
    (f"{API}/snapshots/{{id}}/export", ExportHandler),
    (f"{API}/snapshots/{{id}}/clone", CloneHandler),
    (f"{API}/tags", TagsHandler),
    (f"{API}/delete", DeleteHandler),
    (f"{API}/undo-plan", UndoPlanHandler),
    (f"{API}/undo", UndoHandler),
    (f"{API}/tasks", TasksHandler),
    (f"{API}/tasks/{{id}}", TaskHandler),
    (f"{API}/policy", PolicyHandler),
    (f"{API}/policy/preview", PolicyPreviewHandler),
    (f"{API}/documents/saved", DocumentsSavedHandler),
    (f"{API}/kale/plan", KalePlanHandler),
)
UNKNOWN: Route = (r"/rok(?:/.*)?", UnknownHandler)


def pattern(template: str) -> str:
    """Return the regular expression that tornado matches a route's template by."""
    return re.sub(r"\{[a-z]+\}", "([^/]+)", re.escape(template).replace(r"\{", "{").replace(r"\}", "}"))
