"""Documents in a window of JupyterLab: opened, typed into, and looked at."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.ui.lab import User


def open_text(user: User, path: Path, text: str) -> Locator:
    """Write a text file, open it in the editor, and return the editor's content."""
    path.write_text(text)
    user.run("docmanager:open", path=str(path.relative_to(user.lab.workspace)), factory="Editor")
    content = editor(user, path.name)
    expect(content).to_contain_text(text.strip())
    return content


def editor(user: User, name: str) -> Locator:
    """What the editor of an open file shows, by the file's name."""
    tab = user.page.locator(f'.lm-DockPanel-tabBar .lm-TabBar-tab:has(.lm-TabBar-tabLabel:text-is("{name}"))')
    expect(tab).to_be_visible()
    tab.click()
    panel = user.page.locator(".jp-FileEditor:visible .cm-content")
    expect(panel).to_be_visible()
    return panel


def type_at_end(user: User, content: Locator, text: str) -> None:
    """Type at the end of an editor, which makes its document unsaved."""
    content.click()
    user.page.keyboard.press("Control+End")
    user.page.keyboard.type(text)
