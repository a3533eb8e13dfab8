"""Puts the engine's native module and the panel into the wheel.

Without a compiler the wheel is pure Python and slower. The panel is built by hatch-jupyter-builder before; an editable
install leaves it out, since tools/panel.py links the build itself.

`ROK_JUPYTER_NATIVE` in the environment: `require` fails the build where the module can't be compiled, `off` leaves it
out; else it is compiled where it can be.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "rok_jupyter.engine.native"
SOURCES = "rok_jupyter/engine/native"
PANEL = "share/jupyter/labextensions/rok-jupyter"
WARNINGS = ["-O3", "-Wall", "-Wextra", "-Werror=implicit-function-declaration"]


class NativeBuildHook(BuildHookInterface[Any]):
    """Compiles the C files against Python's limited API, so that one wheel serves every Python from 3.11 on."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the panel and the compiled module to the wheel, and the wheel's tag with the latter."""
        if self.target_name == "wheel" and version == "standard":
            build_data["shared_data"]["build/labextensions/rok-jupyter"] = PANEL
            build_data["shared_data"]["labextension/install.json"] = f"{PANEL}/install.json"
        wish = os.environ.get("ROK_JUPYTER_NATIVE", "auto")
        if self.target_name != "wheel" or wish == "off":
            return
        try:
            module = self._compile()
        except Exception as error:
            if wish == "require":
                raise
            self.app.display_warning(f"No native module ({error}); the pure-Python one is used, which is slower.")
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{self._platform()}"
        build_data["artifacts"].append(module.relative_to(self.root).as_posix())

    def _compile(self) -> Path:
        from setuptools import Distribution, Extension
        from setuptools.command.build_ext import build_ext

        previous = Path.cwd()
        os.chdir(self.root)
        try:
            extension = Extension(
                f"{PACKAGE}._native",
                sorted(map(str, Path(SOURCES).glob("*.c"))),
                depends=sorted(map(str, Path(SOURCES).glob("*.h"))),
                extra_compile_args=WARNINGS,
                py_limited_api=True,
            )
            command = build_ext(Distribution({"name": "rok_jupyter", "ext_modules": [extension]}))
            command.inplace = True
            command.ensure_finalized()
            command.run()
            return Path(self.root) / command.get_ext_fullpath(f"{PACKAGE}._native")
        finally:
            os.chdir(previous)

    @staticmethod
    def _platform() -> str:
        platform = os.environ.get("_PYTHON_HOST_PLATFORM", sysconfig.get_platform())
        if sys.platform == "darwin" and "universal2" in platform:
            platform = platform.replace("universal2", os.uname().machine)
        return platform.replace("-", "_").replace(".", "_")
