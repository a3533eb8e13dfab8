"""What a notebook's user wants of the hooks: `metadata.rok.kale`, on top of the configuration's defaults.

Owns the settings' names, their types, and what a wrong one says. Doesn't own a single step's wish (its annotation
`rok.dev/snapshot`: `hook_plan`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import HookSettings

if TYPE_CHECKING:
    from rok_jupyter.config import RokSettings

_URL = re.compile(r"https?://[^\s{}@?#]+")
_SECRET = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?:[-._a-zA-Z0-9]+")

_KNOWN = (
    "`snapshots`, `tasks` (inside or visible), `moments` (of before, after, failed), `on_error` (warn or fail),"
    " `seconds`, `variables`, `volumes`, `server_url`, `server_secret`"
)

__all__ = ["HookSettings", "default_settings", "notebook_settings"]


def default_settings(settings: RokSettings) -> HookSettings:
    """Return the configuration's defaults."""
    return msgspec.convert(
        {
            "snapshots": settings.kale_snapshots,
            "tasks": settings.kale_tasks,
            "on_error": settings.kale_on_error,
            "seconds": settings.kale_seconds,
        },
        HookSettings,
    )


def notebook_settings(metadata: Mapping[str, Any], defaults: HookSettings) -> HookSettings:
    """Return the settings of a notebook with this metadata; raise RokError(INVALID_ARGUMENT) where one is wrong."""
    own = metadata.get("rok", {})
    own = own.get("kale", {}) if isinstance(own, Mapping) else own
    if not isinstance(own, Mapping):
        raise _wrong("it is no object")
    try:
        settings = msgspec.convert({**msgspec.to_builtins(defaults), **own}, HookSettings)
    except msgspec.ValidationError as error:
        raise _wrong(str(error)) from error
    if settings.server_secret and not _SECRET.fullmatch(settings.server_secret):
        raise _wrong("`server_secret` must be NAME:KEY of a Kubernetes secret")
    if settings.server_url and not _URL.fullmatch(settings.server_url):
        raise _wrong("`server_url` must be http(s)://HOST/PATH, without a token or a password in it")
    if settings.seconds <= 0:
        raise _wrong("`seconds` must be more than 0")
    return settings


def _wrong(reason: str) -> RokError:
    return RokError(
        ErrorKind.INVALID_ARGUMENT,
        f"The notebook's metadata `rok.kale` can't be used: {reason}.",
        f"There are {_KNOWN}. Mend it in the notebook's metadata (JupyterLab: Property Inspector, Advanced Tools).",
    )
