"""The words that put the hook's program into a command: it is imported where the wheel is installed, else unpacked.

Owns what is packed (sources of files that need the standard library only, without comments and docstrings) and the
few lines that unpack it. No brace and no `python3` is in them: KFP's templates would replace those. The current
directory is the user's, and no file there is taken for a module. Where anything goes wrong before the hook begins, the
step's own command runs all the same. A step's image may have Python 3.9.
"""

from __future__ import annotations

import ast
import base64
import functools
import json
import zlib
from importlib.resources import files

from kale_bridge.step.hook import VERSION

MODULES = (
    "rok_jupyter.client",
    "kale_bridge.step.failure",
    "kale_bridge.step.identity",
    "kale_bridge.step.variables",
    "kale_bridge.step.child",
    "kale_bridge.step.worker",
    "kale_bridge.step.taking",
    "kale_bridge.step.parameters",
    "kale_bridge.step.page",
    "kale_bridge.step.lineage",
    "kale_bridge.step.hook",
)
"""What is packed, in the order of imports."""

_BOOTSTRAP = """\
import sys
sys.path[:] = [place for place in sys.path if place]
def load():
    if sys.version_info < (3, 9): raise RuntimeError('it needs Python 3.9 or later')
    try:
        from kale_bridge.step import hook
        if hook.VERSION >= VERSION_NEEDED: return hook.main
    except ImportError: pass
    import base64, json, types, zlib
    for name, source in json.loads(zlib.decompress(base64.b64decode('PACKED'))):
        parts = name.split('.')
        for end in range(1, len(parts)):
            package = '.'.join(parts[:end])
            if package not in sys.modules:
                sys.modules[package] = types.ModuleType(package)
                sys.modules[package].__path__ = []
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(source, name, 'exec'), module.__dict__)
        setattr(sys.modules[name.rpartition('.')[0]], parts[-1], module)
    return module.main
try:
    main = load()
except Exception as error:
    import base64, json, os
    sys.stderr.write('[rok] The hook cannot run here (%s: %s): no snapshots.' % (type(error).__name__, error) + chr(10))
    sys.stderr.flush()
    if json.loads(base64.b64decode(sys.argv[1])).get('on_error') == 'fail': sys.exit(1)
    command = sys.argv[sys.argv.index('--') + 1:]
    os.execvp(command[0], command) if command and command[0][:1] != '-' else sys.exit(0)
sys.exit(main(sys.argv[1:]))
"""


@functools.cache
def bootstrap() -> str:
    """Return the text that stands behind `-c` in a hooked command."""
    packed = base64.b64encode(zlib.compress(json.dumps([[name, _source(name)] for name in MODULES]).encode(), 9))
    return _BOOTSTRAP.replace("VERSION_NEEDED", str(VERSION)).replace("PACKED", packed.decode("ascii"))


def _source(name: str) -> str:
    """Return a module's source without what only people read."""
    package, _, module = name.rpartition(".")
    tree = ast.parse(files(package).joinpath(f"{module}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
    return ast.unparse(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
