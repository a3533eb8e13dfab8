"""A real JupyterLab (or Notebook 7) with the panel, and a user at it in a real browser.

Authentication and XSRF are on, as a user has them. Nothing of the server is mocked.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.server.running import RunningServer

ROOT = Path(__file__).resolve().parents[2]
_QUIET = f"""
c.LabServerApp.extra_labextensions_path = [{str(ROOT / "build" / "labextensions")!r}]
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None
c.LabApp.expose_app_in_browser = True
c.JupyterNotebookApp.expose_app_in_browser = True
"""
PATIENCE = 30_000
"""How long an assertion on the page waits, in milliseconds: two cores run browser, server and kernels."""


_TIDY = """async () => {
    const { shell, commands, serviceManager } = window.jupyterapp;
    document.querySelectorAll('.jp-Dialog').forEach(node => node.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Escape', keyCode: 27, bubbles: true })
    ));
    for (const widget of [...shell.widgets('main')]) {
        if (widget.context) {
            widget.context.model.dirty = false;
        }
        widget.dispose();
    }
    for (const name of ['Clear search and filters', 'Close this message']) {
        document.querySelectorAll(`#rok-jupyter-panel [aria-label="${name}"]`).forEach(each => each.click());
    }
    document.querySelectorAll('#rok-jupyter-panel .lm-AccordionPanel-title').forEach((title, index) => {
        const isOpen = title.classList.contains('lm-mod-expanded');
        if (isOpen !== (index === 0)) {
            title.click();
        }
    });
    await serviceManager.sessions.shutdownAll();
    await commands.execute('apputils:dismiss-notification', {});
    await commands.execute('filebrowser:go-to-path', { path: '/', dontShowBrowser: false }).catch(() => undefined);
    await commands.execute('filebrowser:activate').catch(() => undefined);
    if ([...shell.widgets('main')].length === 0) {
        await commands.execute('launcher:create');
    }
}"""


class RunningLab(RunningServer):
    """JupyterLab on a workspace of its own."""

    application = "lab"
    others = ("jupyter_lsp", "jupyter_server_terminals", "jupyterlab_kubeflow_kale", "notebook")
    kale = False
    """Whether Kale's own panel is there; it stays out of what isn't about Kale."""

    def __init__(self, directory: Path, *, config: str = "", arguments: tuple[str, ...] = ()) -> None:
        super().__init__(directory, config=_QUIET + config, arguments=arguments)
        settings = directory / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
        if not self.kale:
            page = directory / "config" / "labconfig" / "page_config.json"
            page.parent.mkdir()
            page.write_text('{"disabledExtensions": {"jupyterlab-kubeflow-kale": true}}')

    def _options(self) -> list[str]:
        """Those of any server; one that is started again takes the port that the browser's windows know."""
        others = [option for option in super()._options() if not option.startswith("--ServerApp.port=")]
        return [*others, f"--ServerApp.port={self.port}"]

    def address(self, path: str = "lab") -> str:
        """The address that a user opens, token and all; `path` is below the base URL."""
        return f"http://127.0.0.1:{self.port}{self.base_url}{path}?reset&token={self.token}"


def write_notebook(path: Path, *sources: str) -> None:
    """Write a notebook with these code cells, and a kernel, so that no dialog asks for one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}},
    )
    nbformat.write(notebook, path)


def rok(lab: RunningLab, *arguments: str) -> None:
    """Run `rok` as a shell of the same user does."""
    command = [sys.executable, "-m", "rok_jupyter", "--workspace", str(lab.workspace), *arguments]
    subprocess.run(command, env=lab._environment(), cwd=lab.directory, check=True, capture_output=True)


class User:
    """A user in front of one window of JupyterLab."""

    def __init__(self, page: Page, lab: RunningLab) -> None:
        self.page = page
        self.lab = lab

    def open(self, path: str = "lab") -> User:
        """Open JupyterLab, and wait until it can be used."""
        self.page.goto(self.lab.address(path))
        self.page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=60_000)
        self.page.locator("#main").wait_for(timeout=60_000)
        return self

    @property
    def panel(self) -> Locator:
        """The side bar panel."""
        return self.page.locator("#rok-jupyter-panel")

    def open_panel(self) -> Locator:
        """Open the panel by its tab in the side bar."""
        if not self.panel.is_visible():
            self.page.locator('.jp-SideBar .lm-TabBar-tab[data-id="rok-jupyter-panel"]').click()
        expect(self.panel).to_be_visible()
        return self.panel

    def choose_theme(self, theme: str) -> None:
        """Change the theme, and wait until its style sheet rules."""
        self.run("apputils:change-theme", theme=theme)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", theme)

    def set_side_bar_width(self, width: int) -> None:
        """Draw the left side bar to a width in pixels, its tabs not counted."""
        left = self.page.locator("#jp-left-stack").bounding_box()
        assert left is not None
        edge = left["x"] + left["width"]
        self.page.mouse.move(edge + 1, 500)
        self.page.mouse.down()
        self.page.mouse.move(left["x"] + width + 1, 500, steps=4)
        self.page.mouse.up()

    def run(self, command: str, **arguments: object) -> None:
        """Run a command of JupyterLab, as its menus do."""
        self.page.evaluate(
            "([command, args]) => { void window.jupyterapp.commands.execute(command, args); }", [command, arguments]
        )

    def wait_for_kernel(self) -> None:
        """Wait until the kernel of the notebook in front is idle: until then it may change the notebook's metadata."""
        self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )

    def tidy(self) -> User:
        """Leave the window as it is after a start: nothing open, nothing unsaved, no message, no filter."""
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.context.set_offline(False)
        self.page.evaluate(_TIDY)
        expect(self.page.locator(".jp-Launcher").first).to_be_visible()
        return self

    def button(self, name: str, within: Locator | None = None) -> Locator:
        """A button by its accessible name, which begins so."""
        return (within or self.page).get_by_role("button", name=re.compile("^" + re.escape(name)))

    def dialog(self) -> Locator:
        """The open dialog."""
        return self.page.locator(".jp-Dialog")

    def leave_dialog(self) -> None:
        """Press Escape in the open dialog, which takes the keys once JupyterLab, when idle, has given it the focus."""
        self.page.wait_for_function("() => document.activeElement.closest('.jp-Dialog')")
        self.page.keyboard.press("Escape")
        expect(self.dialog()).to_have_count(0)

    def wait_for_launcher(self) -> None:
        """Wait until the launcher has the focus, which it takes a moment after a start, and with it the keys."""
        self.page.wait_for_function("() => document.activeElement.classList.contains('jp-Launcher')")

    def wait_for_menu(self) -> None:
        """Wait until the open menu has the focus, which it takes a moment after it is there, and with it the keys."""
        self.page.wait_for_function("() => document.activeElement.closest('.lm-Menu')")

    def leave_menu(self) -> None:
        """Press Escape in the open menu."""
        self.wait_for_menu()
        self.page.keyboard.press("Escape")
        expect(self.page.locator(".lm-Menu")).to_have_count(0)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that the page doesn't show."""
        end = time.monotonic() + PATIENCE / 1000
        while not holds():
            assert time.monotonic() < end, f"{holds} does not hold"
            self.page.wait_for_timeout(100)

    def choose_in_palette(self, label: str) -> None:
        """Run a command by the palette's shortcut and the beginning of its label."""
        self.page.keyboard.press("Control+Shift+C")
        expect(self.page.locator(".jp-ModalCommandPalette input, .lm-CommandPalette-input").first).to_be_focused()
        self.page.keyboard.type(label)
        expect(self.page.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text(label)
        self.page.keyboard.press("Enter")

    def screenshot(self, name: str) -> Path:
        """Take a picture for a human into build/pictures."""
        path = ROOT / "build" / "pictures" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)
        return path
