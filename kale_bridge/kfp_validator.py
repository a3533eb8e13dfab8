"""KFP's own judgement of a pipeline: its loader, and its schema.

Owns no rule of its own. kfp is imported when it is asked; without it, nothing is judged.
"""

from __future__ import annotations

import yaml

from rok_jupyter.errors import ErrorKind, RokError


def validate(text: str) -> None:
    """Raise RokError(INTERNAL) where KFP refuses a pipeline's YAML; what we wrote is then our fault."""
    try:
        from google.protobuf import json_format
        from kfp import components
        from kfp.pipeline_spec import pipeline_spec_pb2
    except ImportError:
        return
    try:
        spec, *platforms = yaml.safe_load_all(text)
        json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
        for platform in platforms:
            json_format.ParseDict(platform, pipeline_spec_pb2.PlatformSpec())
        components.load_component_from_text(text)
    except Exception as error:
        raise RokError(
            ErrorKind.INTERNAL,
            f"KFP refuses the hooked pipeline: {error}.",
            "The pipeline was left without hooks; please report it.",
        ) from error
