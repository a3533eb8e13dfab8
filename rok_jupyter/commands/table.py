"""Which verbs there are: ours, and those that other packages add by the entry point group `rok_jupyter.commands`.

Owns the order in which help lists them. An entry point's name is the verb's, its value a `Verb` of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rok_jupyter.commands import browse, completion, repository, restore, snapshots, upkeep, volumes
from rok_jupyter.commands.grammar import Verb, named_verb

GROUP = "rok_jupyter.commands"

OWN_VERBS: tuple[Verb, ...] = (
    *volumes.OVERVIEW,
    *snapshots.VERBS,
    *browse.VERBS,
    *restore.VERBS,
    *volumes.VERBS,
    *upkeep.VERBS,
    *repository.VERBS,
    *completion.VERBS,
)


def verbs_for(words: Sequence[str], *, notice: Callable[[str], None]) -> tuple[Verb, ...]:
    """Return the verbs that a line may need.

    Where it names one of ours, that one: making every verb's parser, or looking for other packages' verbs, takes longer
    than most verbs themselves.
    """
    own = {verb.name: verb for verb in OWN_VERBS}
    named = own.get(named_verb(words))
    if named is not None:
        return (named,)
    return (*OWN_VERBS, *_added_verbs(set(own), notice=notice))


def _added_verbs(own: set[str], *, notice: Callable[[str], None]) -> tuple[Verb, ...]:
    from importlib.metadata import entry_points

    found: list[Verb] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if point.name in own:
            notice(f"The verb `{point.name}` of {point.value} is left out: rok has one of that name.")
            continue
        try:
            verb = point.load()
        except Exception as error:  # noqa: BLE001  # another package's fault must not take ours down
            notice(f"The verb `{point.name}` can't be loaded: {type(error).__name__}: {error}.")
            continue
        if isinstance(verb, Verb) and verb.name == point.name:
            found.append(verb)
        else:
            notice(f"The verb `{point.name}` is left out: {point.value} is no verb of that name.")
    return tuple(found)
