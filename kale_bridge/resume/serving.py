"""Resuming in a notebook server: in a new directory of its workspace, so that its own JupyterLab opens it, or in place.

Owns where that is. The server finds `resume` by the entry point group `rok_jupyter.resumers`.
"""

from __future__ import annotations

import os

from kale_bridge.resume.point import ResumePoint, resume_point
from kale_bridge.resume.returning import new_directory, restored
from rok_jupyter.models import RestoreRequest, Resumed, ResumeRequest, Role
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service

_FOLDER = "resumed"


def resume(service: Service, request: ResumeRequest, progress: Progress) -> Resumed:
    """Resume a step; others' variables are left out unless the request trusts them."""
    point = resume_point(service, request.snapshot)
    result = service.restore(
        RestoreRequest(snapshot=point.snapshot.id, directory=_target(service, request, point)),
        progress,
        fingerprint=request.fingerprint,
        unsaved_documents=request.unsaved_documents,
    )
    return restored(point, result, with_variables=point.own or request.trust, in_place=request.in_place)


def _target(service: Service, request: ResumeRequest, point: ResumePoint) -> str | None:
    if request.in_place or request.directory is not None:
        return request.directory
    workspace = next(volume.path for volume in service.volumes() if volume.role is Role.WORKSPACE)
    return new_directory(point, os.path.join(workspace, _FOLDER))
