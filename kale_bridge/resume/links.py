"""Links of volumes that were restored elsewhere: what led to one of these volumes leads to the restored one.

Else a step that is resumed would write to the original through them. Owns where a link led and leads now. Doesn't own
restoring, which keeps a link's text.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from rok_jupyter.models import EntryError
from rok_jupyter.wire import encode_name


def lead_to_restored(places: Mapping[str, tuple[str, str]]) -> tuple[EntryError, ...]:
    """Have the links in restored volumes lead to them; `places` are a volume's old and new directory, by its name.

    What leads to none of them stays, and so does a relative link that stays in its volume. Returns the links that still
    lead to the original.
    """
    there = {old: new for old, new in places.values() if os.path.isabs(old)}  # not every provider has directories
    known = {os.path.realpath(old): new for old, new in there.items()} | there
    errors: list[EntryError] = []
    for volume, (old, new) in places.items():
        for path in _links(new):
            link = os.path.join(new, path)
            text = os.readlink(link)
            led_to = os.path.normpath(os.path.join(old, os.path.dirname(path), text))
            holder = _innermost(led_to, known)
            if holder is None or (known[holder] == new and not os.path.isabs(text)):
                continue
            try:
                _lead(link, os.path.normpath(os.path.join(known[holder], os.path.relpath(led_to, holder))))
            except OSError as error:
                message = f"still leads to {encode_name(text)}: {error.strerror or error}"
                errors.append(EntryError(volume=volume, path=path, message=message))
    return tuple(errors)


def _links(root: str) -> Iterator[str]:
    for directory, directories, files in os.walk(root):
        for name in (*directories, *files):  # one that leads nowhere here is among the files
            path = os.path.join(directory, name)
            if os.path.islink(path):
                yield os.path.relpath(path, root)


def _innermost(path: str, volumes: Mapping[str, str]) -> str | None:
    """Return the volume that holds a path, of volumes within each other the inner one."""
    return max((old for old in volumes if path == old or path.startswith(old.rstrip("/") + "/")), key=len, default=None)


def _lead(link: str, place: str) -> None:
    new = f"{link}.rok-new"
    os.symlink(place, new)
    os.replace(new, link)
