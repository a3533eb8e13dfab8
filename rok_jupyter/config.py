"""One configuration for server, command, magics and pods: `RokSettings` in `jupyter_rok_config.{py,json}`.

Owns the settings' names, defaults and where state lives. Doesn't own policy (retention and schedule are set by
`rok policy` and stored beside the repository's state), nor what the settings do.

The file is looked for where Jupyter looks for its own (`jupyter --paths`), a JSON file before a Python one. Command
line and environment come before the files: `--workspace` and ROK_WORKSPACE, `--repository` and ROK_REPOSITORY,
ROK_PASSWORD_FILE.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from jupyter_core.paths import jupyter_config_path, jupyter_data_dir
from traitlets import Bool, Dict, Enum, Float, Int, List, TraitError, Unicode
from traitlets.config import Config, Configurable
from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

from rok_jupyter.errors import ErrorKind, RokError

CONFIG_FILE_NAME = "jupyter_rok_config"
GIGABYTE = 1_000_000_000

_ENVIRONMENT = {
    "workspace": "ROK_WORKSPACE",
    "workspace_copy": "ROK_WORKSPACE_COPY",
    "repository": "ROK_REPOSITORY",
    "password_file": "ROK_PASSWORD_FILE",
}


class StateLocations(msgspec.Struct, frozen=True, kw_only=True):
    """Where this user's state lives, absolute; nothing here is ever part of a snapshot."""

    root: Path

    @property
    def repository(self) -> Path:
        """The embedded repository, where none is configured."""
        return self.root / "repository"

    @property
    def password_file(self) -> Path:
        """The embedded repository's key (mode 0600)."""
        return self.root / "password"

    @property
    def repository_record(self) -> Path:
        """The id of the embedded repository, once it was made: it is never silently made a second time."""
        return self.root / "repository-made"

    @property
    def volumes_file(self) -> Path:
        """Attached and cloned volumes."""
        return self.root / "volumes.json"

    @property
    def policy_file(self) -> Path:
        """Retention and schedule."""
        return self.root / "policy.json"

    @property
    def damaged_packs_file(self) -> Path:
        """What the last check found damaged."""
        return self.root / "damaged-packs.json"

    @property
    def tasks(self) -> Path:
        """Records of tasks."""
        return self.root / "tasks"

    @property
    def locks(self) -> Path:
        """Lock files of volumes."""
        return self.root / "locks"

    @property
    def journal(self) -> Path:
        """Restores in progress, and what `rok undo` undoes."""
        return self.root / "journal"

    @property
    def temporary(self) -> Path:
        """Copies of databases while they are read."""
        return self.root / "tmp"

    @property
    def clones(self) -> Path:
        """Directories of cloned volumes, where no other place is configured."""
        return self.root / "volumes"


class RokSettings(Configurable):
    """Every setting of rok-jupyter; set as `c.RokSettings.NAME` in `jupyter_rok_config.py`."""

    workspace = Unicode("", help="The workspace's directory. Empty: the running server's root.").tag(config=True)
    workspace_copy = Unicode(
        "",
        help="A directory that snapshots read in the workspace's place, as a pipeline's run on a copy of it needs."
        " Empty: the workspace itself.",
    ).tag(config=True)
    repository = Unicode(
        "", help="The repository's directory. Empty: `rok/repository` under Jupyter's data directory."
    ).tag(config=True)
    password_file = Unicode(
        "", help="A file that holds the repository's password. Empty: `rok/password` under Jupyter's data directory."
    ).tag(config=True)
    provider = Unicode("local", help="Who owns the volumes: `local`.").tag(config=True)
    state_directory = Unicode("", help="Where state lives. Empty: `rok` under Jupyter's data directory.").tag(
        config=True
    )
    owner = Unicode("", help="Whose snapshots these are in a shared repository. Empty: made once, as USER@RANDOM.").tag(
        config=True
    )
    data_volumes = Dict(
        key_trait=Unicode(), value_trait=Unicode(), help="Data volumes: absolute directory by name."
    ).tag(config=True)
    include_mounts = List(Unicode(), help="Absolute paths of mounts below a volume that are snapshotted with it.").tag(
        config=True
    )
    excludes = List(Unicode(), help="What snapshots leave out: patterns as in .gitignore, for every volume.").tag(
        config=True
    )
    exclude_caches = Bool(default_value=True, help="Leave out the content of directories marked by CACHEDIR.TAG.").tag(
        config=True
    )
    clones_directory = Unicode("", help="Where clones are made. Empty: `volumes` in the state directory.").tag(
        config=True
    )
    restore_directories = List(
        Unicode(), help="Directories, beside the workspace, below which REST may restore and export."
    ).tag(config=True)
    compression_level = Int(1, min=-7, max=19, help="zstd's level; 0 is zstd's own default.").tag(config=True)
    read_threads = Int(0, min=0, max=64, help="Threads that read files. 0: by the number of processors.").tag(
        config=True
    )
    repository_size_limit = Int(
        0, min=0, help="Bytes above which no further snapshot is taken. 0: no limit but the disk's margin."
    ).tag(config=True)
    disk_margin = Int(GIGABYTE // 2, min=0, help="Bytes of the repository's disk that a snapshot leaves free.").tag(
        config=True
    )
    protected_patterns = List(
        Unicode(), help="Further files that a restore in place leaves alone: patterns as in .gitignore."
    ).tag(config=True)
    use_server = Bool(
        default_value=True, help="`rok` and `%rok` call this workspace's running server where there is one."
    ).tag(config=True)
    save_wait_seconds = Float(
        2.0, min=0.0, max=60.0, help="How long a snapshot waits for open documents to be saved by the browser."
    ).tag(config=True)

    kale_snapshots = Bool(
        default_value=True, help="Kale's pipelines take snapshots around their steps, where a notebook doesn't say."
    ).tag(config=True)
    kale_tasks = Enum(
        ("inside", "visible"),
        "inside",
        help="Where those are taken: inside the steps, or in visible tasks of their own.",
    ).tag(config=True)
    kale_on_error = Enum(
        ("warn", "fail"), "warn", help="What a snapshot that can't be taken does to its step: `warn` or `fail`."
    ).tag(config=True)
    kale_seconds = Float(300.0, min=1.0, help="How long each snapshot of a step may take, in seconds.").tag(config=True)

    @property
    def locations(self) -> StateLocations:
        """Where this user's state lives."""
        root = Path(self.state_directory).expanduser() if self.state_directory else Path(jupyter_data_dir()) / "rok"
        return StateLocations(root=root.absolute())

    @property
    def repository_location(self) -> str:
        """The repository's absolute path."""
        return str(Path(self.repository).expanduser().absolute() if self.repository else self.locations.repository)

    @property
    def repository_is_default(self) -> bool:
        """Whether the repository is the embedded one, which the first snapshot may make."""
        return not self.repository

    @property
    def password_location(self) -> str:
        """The absolute path of the file with the repository's password."""
        if self.password_file:
            return str(Path(self.password_file).expanduser().absolute())
        return str(self.locations.password_file)


def load_settings(overrides: Mapping[str, object] | None = None, *, config: Config | None = None) -> RokSettings:
    """Read settings: `overrides`, then the environment, then `config` (the server's own), then the files.

    Raises RokError(INVALID_ARGUMENT) for a file that can't be read or a value of a wrong type.
    """
    try:
        merged = _files()
        merged.merge(config or Config())
        values: dict[str, object] = {
            name: os.environ[variable] for name, variable in _ENVIRONMENT.items() if os.environ.get(variable)
        }
        values.update({name: value for name, value in (overrides or {}).items() if value is not None})
        settings = RokSettings(config=merged)
        for name, value in values.items():
            settings.set_trait(name, value)
    except TraitError as error:
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"A setting is wrong: {error}.", _HINT) from error
    return settings


_HINT = f"See `jupyter --paths` for where {CONFIG_FILE_NAME}.py and .json are looked for."


def _files() -> Config:
    """Merge the files, least specific directory first."""
    merged = Config()
    for directory in reversed(jupyter_config_path()):
        for loader in (PyFileConfigLoader, JSONFileConfigLoader):
            suffix = ".py" if loader is PyFileConfigLoader else ".json"
            try:
                merged.merge(loader(CONFIG_FILE_NAME + suffix, path=directory).load_config())
            except ConfigFileNotFound:
                continue
            except Exception as error:  # a Python file may raise anything
                raise RokError(
                    ErrorKind.INVALID_ARGUMENT,
                    f"The configuration file {Path(directory) / (CONFIG_FILE_NAME + suffix)} can't be read: {error}.",
                    "Mend or remove it.",
                ) from error
    return merged
