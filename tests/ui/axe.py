"""What axe-core finds wrong in a page for those who can't see it, or can't use a mouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page, selector: str) -> list[str]:
    """Serious and critical findings of axe below a selector."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=AXE)
    found: list[dict[str, Any]] = page.evaluate("selector => axe.run(selector).then(all => all.violations)", selector)
    return [
        f"{finding['impact']}: {finding['help']}: {[node['html'] for node in finding['nodes']]}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
    ]
