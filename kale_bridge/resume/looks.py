"""How a resumed step looks: in a terminal, and in a notebook."""

from __future__ import annotations

from kale_bridge.step.parameters import shown
from rok_jupyter.models import Resumed
from rok_jupyter.render import describe
from rok_jupyter.render.blocks import Block, Facts, Line
from rok_jupyter.render.entries import problem_blocks
from rok_jupyter.wire import encode_name


@describe.register
def _resumed(resumed: Resumed, *, limit: int | None = None) -> tuple[Block, ...]:
    facts = [("step", f"{resumed.step}, {_words(resumed.moment)}"), ("directory", encode_name(resumed.directory))]
    if resumed.notebook:
        facts.append(("notebook", encode_name(resumed.notebook)))
    names = resumed.loaded or resumed.variables
    facts.append(("loaded" if resumed.loaded else "variables", ", ".join(names) or "none"))
    if resumed.parameters:
        facts.append(("parameters", shown(resumed.parameters)))
    others = sorted((name, place) for name, place in resumed.volumes.items() if place != resumed.directory)
    facts += [(f"volume {name}", encode_name(place)) for name, place in others]
    blocks: list[Block] = [Facts(tuple(facts))]
    if resumed.next_cell is not None:
        blocks.append(Line(f"Next comes cell {resumed.next_cell}."))
    elif resumed.notebook and resumed.moment == "after":
        blocks.append(Line("No step comes after it."))
    return (*blocks, *problem_blocks(resumed.errors, "did not come back"))


def _words(moment: str) -> str:
    return {"before": "before it ran", "after": "after it ran", "failed": "as it failed"}.get(moment, moment)
