"""A hook that is told of the notebook's server: by token, without one, behind a base URL; and when things go wrong."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.kale_bridge.steps import BARE_PYTHON, Steps, shell
from tests.rok_command import Rok
from tests.server.running import RunningServer

_READ_ONLY = """
import os
from jupyter_server.auth import Authorizer
class OnWish(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return action == "read" or not os.path.exists({wish!r})
c.ServerApp.authorizer_class = OnWish
"""
_KINDS: dict[str, tuple[str, ...]] = {
    "with a token": (),
    "with an empty token": (),
    "behind a base URL": ("--ServerApp.base_url=/notebook/ada/titanic/",),
}


class Told:
    """A server, and steps that are told of it and of nothing else."""

    def __init__(self, directory: Path, arguments: tuple[str, ...], *, token: bool) -> None:
        self.wish = directory / "read-only"
        config = _READ_ONLY.format(wish=str(self.wish))
        self.server = RunningServer(directory / "server", config=config, arguments=arguments)
        if not token:
            self.server.token = ""
        (self.server.workspace / "notes.txt").write_text("first\n")
        self.server.start()
        elsewhere = directory / "pod"
        elsewhere.mkdir()
        self.steps = Steps(Rok(elsewhere, names_workspace=False))
        self._token = token

    def environment(self, **more: str) -> dict[str, str]:
        plain = {name: text for name, text in self.steps.environment().items() if not name.startswith("ROK_WORK")}
        url = f"http://127.0.0.1:{self.server.port}{self.server.base_url}"
        token = {"ROK_SERVER_TOKEN": self.server.token} if self._token else {}
        return {**plain, "ROK_SERVER_URL": url, **token, **more}

    def run(self, *command: str, run: str, **more: Any) -> Any:
        environment = {**self.environment(ROK_KALE_RUN=run), **more.pop("environment", {})}
        volumes = {"workspace": str(self.server.workspace)}
        return self.steps.run(*command, environment=environment, volumes=volumes, at=self.server.workspace, **more)

    def snapshots(self, run: str) -> list[dict[str, Any]]:
        """Return a run's snapshots, oldest first."""
        ask = self.server.ask if self._token else self.server.ask_bare
        found = ask("GET", "snapshots", query={"run": run, "pipeline": "titanic"}).json["items"]
        return list(reversed(found))


@pytest.fixture(scope="module", params=list(_KINDS))
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    told = Told(tmp_path_factory.mktemp("told"), _KINDS[request.param], token="empty" not in request.param)
    yield told
    told.server.stop()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A server with a token, for what goes wrong."""
    told = Told(tmp_path_factory.mktemp("plain"), (), token=True)
    told.server.snapshot()
    yield told
    told.server.stop()


def test_a_step_without_the_wheel_is_snapshotted_by_the_server(told: Told) -> None:
    ran = told.run(*shell("echo made > made.txt; echo hello"), run="bare", python=BARE_PYTHON)

    assert (ran.status, ran.output) == (0, "hello\n"), ran.said
    before, after = told.snapshots("bare")
    assert (before["name"], after["name"]) == ("titanic/bare/train/before", "titanic/bare/train/after")
    assert after["statistics"]["files_new"] == 1
    assert f"snapshot {after['id'][:8]}" in ran.said


def test_a_token_may_come_from_a_file_and_is_never_said(plain: Told, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{plain.server.token}\n")
    environment = {"ROK_SERVER_TOKEN": "", "ROK_SERVER_TOKEN_FILE": str(secret)}
    ran = plain.run(*shell("true"), run="file", environment=environment)

    assert [each["origin"]["moment"] for each in plain.snapshots("file")] == ["before", "after"]
    for wrong in ({"ROK_SERVER_TOKEN": "wrong" * 8}, {"ROK_SERVER_TOKEN_FILE": "/nowhere/token"}):
        ran = plain.run(*shell("exit 3"), run="wrong", environment=wrong)
        assert ran.status == 3
        assert "no snapshot" in ran.said
        assert "wrong" * 8 not in ran.said
    assert plain.snapshots("wrong") == []


def test_without_rights_the_step_runs_or_fails_as_is_set(plain: Told) -> None:
    plain.wish.touch()
    try:
        warned = plain.run(*shell("echo done"), run="refused")
        refused = plain.run(*shell("echo done"), run="refused", on_error="fail")
    finally:
        plain.wish.unlink()

    assert (warned.status, warned.output) == (0, "done\n")
    assert "the step is not touched by it" in warned.said
    assert (refused.status, refused.output) == (1, "")
    assert "the step fails, as on_error says" in refused.said
    assert plain.snapshots("refused") == []


def test_a_server_that_nobody_reaches_holds_nobody_up(plain: Told) -> None:
    environment = {"ROK_SERVER_URL": "http://127.0.0.1:9/"}
    ran = plain.run(*shell("echo done; exit 5"), run="nobody", environment=environment)

    assert (ran.status, ran.output) == (5, "done\n")
    assert ran.said.count("\n") == 1
    assert "127.0.0.1:9 doesn't answer" in ran.said
    assert "Check ROK_SERVER_URL" in ran.said


@pytest.mark.parametrize(
    ("environment", "hint"),
    [
        ({"ROK_SERVER_TOKEN": "wrong"}, "Give the step the server's token: ROK_SERVER_TOKEN"),
        ({"ROK_SERVER_URL": "{url}elsewhere/"}, "Check that ROK_SERVER_URL is its whole address, with the base URL"),
        ({"ROK_SERVER_URL": "127.0.0.1:8888/?token=secret"}, "It must be http(s)://HOST:PORT/BASE-URL/."),
    ],
)
def test_a_step_that_is_not_let_in_says_what_to_set(plain: Told, environment: dict[str, str], hint: str) -> None:
    url = plain.environment()["ROK_SERVER_URL"]
    given = {name: text.format(url=url) for name, text in environment.items()}
    ran = plain.run(*shell("exit 5"), run="not let in", environment=given, python=BARE_PYTHON)

    assert ran.status == 5
    assert hint in ran.said
    assert "secret" not in ran.said.replace("from a secret", "")


def test_a_server_that_hangs_is_given_up_and_nothing_comes_late(plain: Told) -> None:
    os.kill(plain.server.pid, signal.SIGSTOP)
    try:
        ran = plain.run(*shell("echo done"), run="hung", seconds=1)
    finally:
        os.kill(plain.server.pid, signal.SIGCONT)

    assert (ran.status, ran.output) == (0, "done\n")
    assert "no snapshot" in ran.said
    assert plain.snapshots("hung") == []


def test_a_volume_that_the_server_lacks_is_named(plain: Told) -> None:
    ran = plain.run(*shell("true"), run="volume", only=("models",))
    assert "no volume 'models'" in ran.said
    assert plain.snapshots("volume") == []


def test_a_snapshot_that_takes_too_long_is_cancelled(plain: Told) -> None:
    """A database that is being written is waited for, ten seconds: longer than this hook may take.

    What it may take is enough for a busy server to answer that it has begun.
    """
    database = plain.server.workspace / "busy.db"
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("create table kept (number)")
        writer.execute("begin exclusive")
        writer.execute("insert into kept values (1)")
        ran = plain.run(*shell("true"), run="slow", seconds=4, moments=("before",))
    database.unlink()

    assert ran.status == 0
    assert "It took too long" in ran.said
    assert plain.snapshots("slow") == []
