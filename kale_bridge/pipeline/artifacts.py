"""Lineage: the output artifact by which a hooked task names its snapshots.

Owns how it is declared. The hook writes it (`step`).
"""

from __future__ import annotations

from kale_bridge.hook_config import LINEAGE_ARTIFACT
from kale_bridge.pipeline.document import Json


def lineage_name(component: Json) -> str:
    """Return the name of a component's lineage artifact; empty where the component uses that name for its own."""
    outputs = component.get("outputDefinitions", {})
    taken = {**outputs.get("artifacts", {}), **outputs.get("parameters", {})}
    return "" if LINEAGE_ARTIFACT in taken else LINEAGE_ARTIFACT


def declare_lineage(component: Json, name: str) -> None:
    """Add the artifact to what a component gives; KFP's page shows it as markdown."""
    artifacts = component.setdefault("outputDefinitions", {}).setdefault("artifacts", {})
    artifacts[name] = {"artifactType": {"schemaTitle": "system.Markdown", "schemaVersion": "0.0.1"}}
