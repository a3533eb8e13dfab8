"""What a pipeline tells Kubernetes about a step: its volumes, its annotation for us, and the secret with a token.

Owns the names in that part of the document. Doesn't own which steps there are.
"""

from __future__ import annotations

from collections.abc import Mapping

from kale_bridge.pipeline.document import Json, PipelineDocument

ANNOTATION = "rok.dev/snapshot"
"""A step's own wish: on, off, before or after."""

TOKEN_VARIABLE = "ROK_SERVER_TOKEN"  # noqa: S105  a variable's name


def annotation(platform: Json) -> str:
    """Return a step's own wish; empty where it has none."""
    annotations = platform.get("podMetadata", {}).get("annotations", {})
    return str(annotations.get(ANNOTATION, ""))


def volumes(platform: Json) -> Mapping[str, str]:
    """Return the volumes that a step mounts: mount path by name.

    A claim whose name only a run knows goes by the name of what will tell it.
    """
    return {_claim(mount): str(mount.get("mountPath", "")) for mount in platform.get("pvcMount", ())}


def is_constant(mount: Json) -> bool:
    """Return whether a claim's name is known before a run."""
    return bool(_constant(mount))


def _constant(mount: Json) -> str:
    parameter = mount.get("pvcNameParameter", {})
    return str(mount.get("constant") or parameter.get("runtimeValue", {}).get("constant") or "")


def _claim(mount: Json) -> str:
    parameter = mount.get("pvcNameParameter", {})
    if is_constant(mount):
        return _constant(mount)
    told = (
        parameter.get("componentInputParameter")
        or parameter.get("taskOutputParameter", {}).get("producerTask")
        or mount.get("componentInputParameter")
        or mount.get("taskOutputParameter", {}).get("producerTask")
    )
    return str(told or mount.get("mountPath", ""))


def platform_of(document: PipelineDocument, executor: str) -> Json:
    """Return what Kubernetes is told for an executor, to be added to."""
    node = document.platforms
    for key in ("platforms", "kubernetes", "deploymentSpec", "executors", executor):
        node = node.setdefault(key, {})
    return node


def add_token(platform: Json, secret: str) -> None:
    """Let a step see the server's token, of a secret `NAME:KEY`; it runs without that secret, too."""
    name, key = secret.split(":", 1)
    platform.setdefault("secretAsEnv", []).append(
        {
            "keyToEnv": [{"envVar": TOKEN_VARIABLE, "secretKey": key}],
            "optional": True,
            "secretName": name,
            "secretNameParameter": {"runtimeValue": {"constant": name}},
        }
    )
