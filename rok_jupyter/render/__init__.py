"""How values look to people: progress as a line, values as text or HTML; shared by command, magics and pod logs.

    value -> describe -> blocks -> text | HTML

Owns looks only. Whatever comes from outside (names, messages) is made harmless where text and HTML are written, so that
no caller can forget it: control and direction characters are percent-encoded, and HTML is escaped.
"""

from __future__ import annotations

from rok_jupyter.render.html import to_html
from rok_jupyter.render.progress import bar_line, log_line
from rok_jupyter.render.text import to_text
from rok_jupyter.render.upkeep import retention_text, schedule_text
from rok_jupyter.render.values import describe

__all__ = ["bar_line", "describe", "log_line", "retention_text", "schedule_text", "to_html", "to_text"]
