"""JupyterLab with Kale's own panel beside ours."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.ui.lab import RunningLab

_TAB = '.jp-SideBar .lm-TabBar-tab[data-id="jupyterlab-kubeflow-kale/kubeflowDeployment"]'


class KaleLab(RunningLab):
    """JupyterLab with Kale's panel, as installing the extra `kale` makes it."""

    kale = True
    others = tuple(name for name in RunningLab.others if name != "jupyterlab_kubeflow_kale")


def leave_kales_error(page: Page) -> None:
    """Close what Kale says of each notebook that is opened where no KFP can be reached."""
    dialog = page.locator(".jp-Dialog").filter(has_text="kale.log")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def open_kales_panel(page: Page) -> Locator:
    """Open Kale's panel by its tab in the side bar."""
    panel = page.locator(".kale-panel")
    if not panel.is_visible():
        page.locator(_TAB).click()
    expect(panel).to_be_visible()
    return panel
