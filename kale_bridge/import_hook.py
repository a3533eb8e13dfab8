"""The lazy import hook: nothing of Kale is imported until somebody does, and then its compiler gets hooks.

What its panel asks about resumed steps is answered by us, too.

Owns finding the moment. Runs at the start of every kernel of the environment, so it imports next to nothing, and
whatever goes wrong leaves imports as they were.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

Thing = TypeVar("Thing")

_RPC = "kale.rpc.nb"
_COMPILING = {"kale.common.kfputils": "hook_kfputils", "kale.compiler": "hook_compiler"}
_WATCHED = (*_COMPILING, _RPC)


class _Finder:
    """Finds what the others find, and has Kale's modules hooked once they are there."""

    def __init__(self) -> None:
        self._scripts: object = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module's own spec, whose loader tells us of it."""
        if fullname not in _WATCHED:
            return None
        for finder in [each for each in sys.meta_path if each is not self]:
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                _quietly(self._follow, spec)
                return spec
        return None

    def hook(self, module: ModuleType) -> None:
        """Hook one of Kale's modules."""
        if module.__name__ == _RPC:
            from kale_bridge.resume.kale_panel import hook_rpc

            hook_rpc(module)
            return
        from kale_bridge import kale_compiler

        if self._scripts is None:
            self._scripts = kale_compiler.CompiledScripts()
        getattr(kale_compiler, _COMPILING[module.__name__])(module, self._scripts)

    def _follow(self, spec: ModuleSpec) -> None:
        loader = spec.loader
        execute = loader.exec_module  # type: ignore[union-attr]

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _quietly(self.hook, module)

        loader.exec_module = exec_module  # type: ignore[union-attr, method-assign]


def install() -> None:
    """Have Kale hooked when it is imported, or at once where it is there already; a second call does nothing."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    for name in _WATCHED:
        if name in sys.modules:
            _quietly(finder.hook, sys.modules[name])


def _quietly(step: Callable[[Thing], None], thing: Thing) -> None:
    try:
        step(thing)
    except Exception as error:  # noqa: BLE001  a broken rok must not break Kale
        import logging

        logging.getLogger("kale_bridge").warning("rok takes no part in what Kale does: %s", error)
