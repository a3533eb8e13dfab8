"""A compiled pipeline as KFP writes it: one YAML document with its graph, and one with what the platform needs.

Owns reading and writing that YAML, by safe loaders only. Doesn't own what is in it (`steps`, `kubernetes`).
"""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import yaml

from rok_jupyter.errors import ErrorKind, RokError

Json = dict[str, Any]
"""A node of the document, as YAML gives it."""

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_HINT = "Give the YAML that `kfp.compiler` or Kale 2 writes."


class PipelineDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline. Functions that change one change a copy of it (`copied`)."""

    spec: Json
    platforms: Json
    """The second document's content; empty where there is none."""
    header: str = ""
    """KFP's comment above it all."""

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return str(self.spec["pipelineInfo"].get("name", ""))

    @property
    def executors(self) -> Json:
        """The containers that run, by label."""
        return _child(_child(self.spec, "deploymentSpec"), "executors")

    @property
    def components(self) -> Json:
        """What tasks refer to, by name."""
        return _child(self.spec, "components")

    @property
    def kubernetes(self) -> Json:
        """What Kubernetes is told for each executor, by label."""
        platform = _child(_child(self.platforms, "platforms"), "kubernetes")
        return _child(_child(platform, "deploymentSpec"), "executors")

    def copied(self) -> PipelineDocument:
        """Return a copy that shares nothing."""
        return msgspec.structs.replace(self, spec=copy.deepcopy(self.spec), platforms=copy.deepcopy(self.platforms))


def _child(parent: Json, key: str) -> Json:
    """Return what lies below a key; {} where nothing does."""
    found = parent.get(key)
    return found if isinstance(found, dict) else {}


def read_pipeline(text: str) -> PipelineDocument:
    """Return the pipeline of a YAML text; raise RokError(INVALID_ARGUMENT) where it is no KFP v2 pipeline."""
    try:
        documents = [part for part in yaml.load_all(text, Loader=_LOADER) if part is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"The pipeline is no YAML: {reason}.", _HINT) from error
    if not documents or len(documents) > 2 or not all(isinstance(part, dict) for part in documents):
        raise RokError(ErrorKind.INVALID_ARGUMENT, "The file holds no KFP v2 pipeline.", _HINT)
    spec, platforms = documents[0], documents[1] if len(documents) == 2 else {}
    _check(spec)
    header = "".join(line for line in _leading(text) if line.startswith("#"))
    return PipelineDocument(spec=spec, platforms=platforms, header=header)


def _check(spec: Json) -> None:
    if "apiVersion" in spec and "kind" in spec:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"The file is a {spec['kind']} of {spec['apiVersion']}, not a KFP v2 pipeline.",
            "Pipelines of KFP 1 must be compiled anew with KFP 2.",
        )
    version = str(spec.get("schemaVersion", ""))
    root = _child(spec, "root")
    if not version.startswith("2.") or not isinstance(spec.get("pipelineInfo"), dict) or not _child(root, "dag"):
        raise RokError(ErrorKind.INVALID_ARGUMENT, "The file holds no KFP v2 pipeline.", _HINT)


def _leading(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            break
        lines.append(line)
    return lines


def write_pipeline(document: PipelineDocument) -> str:
    """Return a pipeline's YAML; reading it gives an equal pipeline."""
    parts = [document.spec, document.platforms] if document.platforms else [document.spec]
    written = [yaml.dump(part, Dumper=_DUMPER, sort_keys=True) for part in parts]
    return document.header + "---\n".join(written)
