"""Resuming in a notebook server: into a new directory of its workspace, so that its own JupyterLab opens it.

Owns where that is. The server finds `resume` by the entry point group
`rok_jupyter.resumers`.
"""

from __future__ import annotations

import os

from kale_bridge.resume.point import resume_point
from kale_bridge.resume.returning import new_directory, restored
from rok_jupyter.models import RestoreRequest, Resumed, Role
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service

_FOLDER = "resumed"


def resume(service: Service, reference: str, directory: str | None, trust: bool, progress: Progress) -> Resumed:  # noqa: FBT001  the entry point's signature
    """Resume a step; others' variables are left out unless `trust`."""
    point = resume_point(service, reference)
    workspace = next(volume.path for volume in service.volumes() if volume.role is Role.WORKSPACE)
    target = directory or new_directory(point, os.path.join(workspace, _FOLDER))
    result = service.restore(RestoreRequest(snapshot=point.snapshot.id, directory=target), progress)
    return restored(point, result, with_variables=point.own or trust, in_place=False)
