"""Behind a real JupyterHub with its real proxy: log in, see the panel, take, restore, `%rok`.

JupyterHub and its proxy are installed into .cache, beside the environment of the tests, whose packages they see.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.server.running import RunningServer
from tests.ui.beside import CACHE, environment_with
from tests.ui.lab import ROOT, RunningLab, User, write_notebook
from tests.ui.restoring import shown

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]

PASSWORD = "not much of a secret"
_START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="session")
def jupyterhub() -> Path:
    """The command that runs JupyterHub."""
    return environment_with("hub", "jupyterhub") / "bin" / "jupyterhub"


@pytest.fixture(scope="session")
def proxy() -> Path:
    """The script that runs its proxy."""
    directory = CACHE / "hub-proxy"
    script = directory / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    if not script.exists():
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "package.json").write_text("{}")
        npm = ["npm", "install", "--no-audit", "--no-fund", "configurable-http-proxy"]
        subprocess.run(npm, cwd=directory, check=True)
    return script


@dataclass
class Hub:
    """A running JupyterHub, and where its user's files are."""

    address: str
    home: Path
    log: Path


@pytest.fixture
def hub(jupyterhub: Path, proxy: Path, tmp_path: Path) -> Iterator[Hub]:
    port = free_port()
    home = tmp_path / "homes" / "ada"
    config = tmp_path / "config"
    config.mkdir()
    (config / "jupyter_server_config.py").write_text(_server_config())
    (tmp_path / "jupyterhub_config.py").write_text(_hub_config(jupyterhub, proxy, tmp_path, port))
    log = tmp_path / "hub.log"
    with log.open("wb") as output:
        command = [jupyterhub, "-f", tmp_path / "jupyterhub_config.py"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=output, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + _START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}/hub/login"):
            assert time.monotonic() < until, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
        yield Hub(address=f"http://127.0.0.1:{port}", home=home, log=log)
    finally:
        process.terminate()
        process.wait(60)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _server_config() -> str:
    return f"""
c.ServerApp.jpserver_extensions.update({{"jupyterlab": True}})
c.LabServerApp.extra_labextensions_path = [{str(ROOT / "build" / "labextensions")!r}]
c.LabApp.app_dir = {str(Path(sys.prefix) / "share" / "jupyter" / "lab")!r}
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None
c.LabApp.expose_app_in_browser = True
"""


def _hub_config(jupyterhub: Path, proxy: Path, place: Path, port: int) -> str:
    environment = {
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(place / "config"),
        "JUPYTER_CONFIG_PATH": str(ROOT / "etc" / "jupyter"),
        "JUPYTER_DATA_DIR": str(place / "data"),
        "JUPYTER_RUNTIME_DIR": str(place / "runtime"),
    }
    return f"""
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{free_port()}"
c.JupyterHub.db_url = "sqlite:///{place / "hub.sqlite"}"
c.JupyterHub.cookie_secret_file = {str(place / "cookie_secret")!r}
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.cleanup_servers = True
c.ConfigurableHTTPProxy.command = [{shutil.which("node")!r}, {str(proxy)!r}]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{free_port()}"
c.ConfigurableHTTPProxy.pid_file = {str(place / "proxy.pid")!r}
c.DummyAuthenticator.password = {PASSWORD!r}
c.Authenticator.allow_all = True
c.SimpleLocalProcessSpawner.home_dir_template = {str(place / "homes" / "{username}")!r}
c.Spawner.cmd = [{str(jupyterhub.with_name("jupyterhub-singleuser"))!r}]
c.Spawner.args = ["--allow-root"]
c.Spawner.default_url = "/lab"
c.Spawner.environment = {environment!r}
c.Spawner.start_timeout = {_START_SECONDS}
c.Spawner.http_timeout = {_START_SECONDS}
"""


class HubUser(User):
    """A user of JupyterLab behind a hub; there is no token to ask the server with."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, RunningServer.__new__(RunningLab))


def test_a_walk_behind_the_hub(hub: Hub, page: Page) -> None:
    page.goto(f"{hub.address}/hub/login")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/user/ada/lab"), timeout=1000 * _START_SECONDS)
    page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=60_000)
    user = HubUser(page)
    panel = user.open_panel()
    location = panel.get_by_text(str(hub.log.parent / "data" / "rok" / "repository"))
    expect(location).to_be_visible()

    write_notebook(hub.home / "report.ipynb", "print('first')")
    before = (hub.home / "report.ipynb").read_text()
    user.button("Make the repository", panel).click()
    user.button("Take the first snapshot", panel).click()
    row = panel.get_by_role("option").filter(has_text="First snapshot")
    expect(row).to_be_visible()

    (hub.home / "report.ipynb").unlink()
    row.click()
    user.button("Restore…", panel).click()
    dialog = shown(user)
    assert dialog.planned()["created"] == 1
    dialog.do()
    assert (hub.home / "report.ipynb").read_text() == before
    expect(panel.locator(".jp-RokRestores")).to_contain_text("Restored.")
    user.screenshot("hub")

    write_notebook(hub.home / "cell.ipynb", "%load_ext rok_jupyter\n%rok snapshot -m 'by a cell behind the hub'")
    user.run("docmanager:open", path="cell.ipynb")
    user.wait_for_kernel()
    user.run("notebook:run-all-cells")
    expect(page.locator(".jp-OutputArea-output", has_text="by a cell behind the hub").first).to_be_visible()
    expect(panel.get_by_role("option").filter(has_text="by a cell behind the hub")).to_be_visible()
