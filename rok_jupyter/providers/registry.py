"""Providers by name.

Owns which provider a setting means, and whether it keeps a repository of ours that wants upkeep. Doesn't own providers.
"""

from __future__ import annotations

import msgspec

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.providers.local.provider import LocalProvider
from rok_jupyter.providers.local.repositories import RepositoryAccess
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.save_gate import SaveGate


class OpenedProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider, and the repository that it keeps (None where it keeps none of ours)."""

    provider: Provider
    repository: RepositoryAccess | None


def open_provider(settings: RokSettings, *, save_gate: SaveGate | None = None) -> OpenedProvider:
    """Return the provider that the settings name; INVALID_ARGUMENT for an unknown name. Touches no storage.

    `save_gate` tells which files this process is saving itself, where it is a server.
    """
    if settings.provider != "local":
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"There is no provider {settings.provider!r}.",
            "The providers are: local. Set RokSettings.provider.",
        )
    repository = RepositoryAccess(settings)
    return OpenedProvider(provider=LocalProvider(settings, repository, save_gate=save_gate), repository=repository)
