"""Generates labextension/rest/schema.ts, the TypeScript shapes of the REST, from the server's OpenAPI document.

`--check` changes nothing and ends with 1 where the file isn't what this writes. The shapes themselves are made by
openapi-typescript.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from rok_jupyter.server import openapi
from rok_jupyter.server.routes import ROUTES
from tools import panel

TARGET = panel.ROOT / "labextension" / "rest" / "schema.ts"


def generate() -> str:
    """Return the file's text."""
    command = [str(panel.ROOT / "node_modules" / ".bin" / "openapi-typescript"), "openapi.json"]
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "openapi.json").write_text(json.dumps(openapi.document(ROUTES, base_url="/")))
        environment = {"PATH": panel.search_path(), "HOME": directory}
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def main(arguments: list[str]) -> int:
    """Write or check the file."""
    text = generate()
    if "--check" in arguments:
        return int(not TARGET.exists() or TARGET.read_text() != text)
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
