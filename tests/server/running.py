"""A real Jupyter Server with the extension, in a process of its own on 127.0.0.1, and requests to it.

Everything that it touches lies below one directory: workspace, repository, Jupyter's own directories, home. The
extension is enabled by the file that the wheel installs.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 120
_TASK_SECONDS = 240
_END_SECONDS = 60
ENDED = ("succeeded", "failed", "cancelled", "interrupted")


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Cookies:
    """A browser's cookies after a login."""

    values: dict[str, str] = field(default_factory=dict)

    @property
    def header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.values.items())

    @property
    def xsrf(self) -> str:
        return self.values["_xsrf"]

    def keep(self, answer: Answer) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            self.values.update({name: morsel.coded_value for name, morsel in SimpleCookie(line).items()})


class RunningServer:
    """One server; `config` is put into its Python configuration, `arguments` onto its command line."""

    application = "server"
    others: tuple[str, ...] = (
        "jupyterlab",
        "jupyter_lsp",
        "jupyter_server_terminals",
        "jupyterlab_kubeflow_kale",
        "nbdime",
        "notebook",
        "notebook_shim",
    )
    """The environment's other extensions, which stay out: they take seconds to start."""

    def __init__(self, directory: Path, *, config: str = "", arguments: tuple[str, ...] = ()) -> None:
        self.directory = directory
        self.workspace = directory / "workspace"
        self.workspace.mkdir(parents=True)
        self.log_file = directory / "server.log"
        self.token = secrets.token_hex(16)
        self._config = directory / "config"
        self._config.mkdir()
        alone = f"c.ServerApp.jpserver_extensions.update({dict.fromkeys(self.others, False)})\n"
        (self._config / "jupyter_server_config.py").write_text(alone + config)
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.base_url = "/"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [*self._command(), *self._options()],
                cwd=self.directory,
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + _START_SECONDS
        while not self._find():
            if time.monotonic() > until or self._process.poll() is not None:
                self.stop()
                raise AssertionError(f"The server did not start:\n{self.log}")
            time.sleep(0.05)

    def stop(self) -> bool:
        """Stop the server, and wait for its end; return whether it ended without being killed."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                return False
        return True

    def kill(self) -> None:
        """Kill the server, as the system does where memory runs out."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_END_SECONDS)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def processor_seconds(self) -> float:
        """Return how long the server has been at work, which doesn't grow while others keep it waiting."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def state(self) -> Path:
        return self.directory / "data" / "rok"

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask as a program with the right token does; `path` is below /rok/v1 unless it starts with a slash."""
        sent = {"Authorization": f"token {self.token}", **(headers or {})}
        return self.ask_bare(method, path, body=body, headers=sent, query=query)

    def ask_bare(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask with nothing but the given headers."""
        sent = dict(headers or {})
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        target = path if path.startswith("/") else f"{self.base_url}rok/v1/{path}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, target + (f"?{urlencode(query)}" if query else ""), body=content, headers=sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def run(self, method: str, path: str, body: object = None, **more: Any) -> dict[str, Any]:
        """Start a task, and return it once it has ended."""
        answer = self.ask(method, path, body=body, **more)
        assert answer.status == 202, answer
        return self.wait(answer.json["id"])

    def wait(self, task_id: str) -> dict[str, Any]:
        """Return a task once it has ended."""
        until = time.monotonic() + _TASK_SECONDS
        while (task := self.ask("GET", f"tasks/{task_id}").json)["status"] not in ENDED:
            assert time.monotonic() < until, task
            time.sleep(0.05)
        return dict(task)

    def snapshot(self, **body: object) -> dict[str, Any]:
        """Take a snapshot, and return it."""
        task = self.run("POST", "snapshots", {"save_documents": False, **body})
        assert task["status"] == "succeeded", task
        return dict(task["result"])

    def log_in(self) -> Cookies:
        """Log in as a browser does, and return its cookies."""
        cookies = Cookies()
        cookies.keep(self.ask_bare("GET", f"{self.base_url}login"))
        form = urlencode({"_xsrf": cookies.xsrf, "password": self.token}).encode()
        headers = {"Cookie": cookies.header, "Content-Type": "application/x-www-form-urlencoded"}
        answer = self.ask_bare("POST", f"{self.base_url}login", body=form, headers=headers)
        assert answer.status == 302, answer
        cookies.keep(answer)
        return cookies

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "jupyter", self.application]

    def _options(self) -> list[str]:
        return [
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            "--no-browser",
            "--allow-root",
            f"--ServerApp.root_dir={self.workspace}",
            f"--IdentityProvider.token={self.token}",
            *self._arguments,
        ]

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "ROK", "JPY")) and name != "PYTHONWARNINGS"
        }
        return {
            **kept,
            "HOME": str(self.directory),
            "PYTHONPATH": str(ROOT),
            "JUPYTER_CONFIG_DIR": str(self._config),
            "JUPYTER_CONFIG_PATH": str(ROOT / "etc" / "jupyter"),
            "JUPYTER_DATA_DIR": str(self.directory / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.directory / "runtime"),
        }

    def _find(self) -> bool:
        try:
            url = json.loads((self.directory / "runtime" / f"jpserver-{self.pid}.json").read_text())["url"]
            match = re.fullmatch(r"http://[^:/]+:(\d+)(/.*)", url)
            assert match is not None
            self.port, self.base_url = int(match[1]), match[2]
            return self.ask_bare("GET", f"{self.base_url}api").status == 200
        except (OSError, ValueError):
            return False  # it isn't written yet, or nothing listens yet
