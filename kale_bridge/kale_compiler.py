"""Kale's compiler, with hooks in what it writes: the one seam through which its panel, its command and Python compile.

Owns what of Kale is relied on: the signatures of `kale.common.kfputils.compile_pipeline` and of
`kale.compiler.Compiler.compile`, and the versions for which that was tried. Where Kale is another, or anything of ours
goes wrong, Kale's own result stands, and a warning says why. Doesn't own when Kale is imported (`import_hook`).
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

KNOWN = "2.3"
"""The minor version of Kale whose compile path this is written for."""

_LOG = logging.getLogger("kale_bridge")
_SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "compile_pipeline": ("pipeline_source", "pipeline_name"),
    "compile": ("self",),
}
_MARK = "__rok_hooks__"
_REMEMBERED = 32


class CompiledScripts:
    """Which of Kale's pipelines a generated script came from: `compile_pipeline` is told the script only."""

    def __init__(self) -> None:
        self._pipelines: dict[str, Any] = {}

    def remember(self, script: str, pipeline: Any) -> None:
        """Keep a pipeline for a script; of many, the newest."""
        self._pipelines.pop(script, None)
        self._pipelines[script] = pipeline
        while len(self._pipelines) > _REMEMBERED:
            del self._pipelines[next(iter(self._pipelines))]

    def pipeline_of(self, script: str) -> Any | None:
        """Return the pipeline that a script was made of, where it is known."""
        return self._pipelines.get(script)


def hook_compiler(module: ModuleType, scripts: CompiledScripts) -> None:
    """Let `kale.compiler` remember which script came of which pipeline; never raises."""
    _attempt(lambda: _wrap(module.Compiler, "compile", functools.partial(_remembering, scripts=scripts)))


def hook_kfputils(module: ModuleType, scripts: CompiledScripts) -> None:
    """Let `kale.common.kfputils` put hooks into what it compiles; never raises."""
    _attempt(lambda: _wrap(module, "compile_pipeline", functools.partial(_hooking, scripts=scripts)))


def _attempt(step: Callable[[], None]) -> None:
    try:
        step()
    except Exception as error:  # noqa: BLE001  Kale's user must never be harmed by us
        _warn(error)


def _warn(reason: object) -> None:
    _LOG.warning("rok: this pipeline has no snapshots. %s", reason)


def _wrap(owner: Any, name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    original = getattr(owner, name)
    if hasattr(original, _MARK):
        return
    wrapped = wrapper(original)
    setattr(wrapped, _MARK, True)
    setattr(owner, name, wrapped)


def unknown_kale(name: str, function: Callable[..., Any]) -> str:
    """Return why Kale isn't one that is known; empty where it is."""
    import kale

    version = str(getattr(kale, "__version__", "unknown"))
    if not (version == KNOWN or version.startswith(f"{KNOWN}.")):
        return f"rok knows Kale {KNOWN}, and this is Kale {version}: update rok-jupyter."
    if tuple(inspect.signature(function).parameters) != _SIGNATURES[name]:
        return f"Kale's `{name}` isn't the one that rok knows: update rok-jupyter."
    return ""


def _remembering(original: Callable[..., Any], *, scripts: CompiledScripts) -> Callable[..., Any]:
    @functools.wraps(original)
    def compile(self: Any, *args: Any, **kwargs: Any) -> Any:
        script = original(self, *args, **kwargs)
        _attempt(lambda: scripts.remember(str(script), self.pipeline))
        return script

    return compile


def _hooking(original: Callable[..., Any], *, scripts: CompiledScripts) -> Callable[..., Any]:
    @functools.wraps(original)
    def compile_pipeline(*args: Any, **kwargs: Any) -> Any:
        package = original(*args, **kwargs)
        _attempt(lambda: _hook(original, str(args[0] if args else kwargs["pipeline_source"]), package, scripts))
        return package

    return compile_pipeline


def _hook(original: Callable[..., Any], script: str, package: Any, scripts: CompiledScripts) -> None:
    unknown = unknown_kale("compile_pipeline", original)
    if unknown:
        _warn(unknown)
        return
    from kale_bridge.hooked_file import hook_file
    from kale_bridge.kale_notebook import facts_of, metadata_of
    from kale_bridge.settings import default_settings, notebook_settings
    from rok_jupyter.config import load_settings

    pipeline, place = scripts.pipeline_of(script), Path(package)
    settings = notebook_settings(metadata_of(pipeline), default_settings(load_settings()))
    plan = hook_file(place, place, settings, facts_of(pipeline))
    for note in plan.notes:
        _LOG.warning("rok: %s", note)
