"""One run of the archiver: from live directories to trees, each stored as soon as all below it is.

Owns the walk, the comparison with the earlier snapshot, and when a directory is complete. Doesn't own what belongs into
a snapshot (scan) nor how files are read (reading, read_queue).

The walk goes depth first and hands files that differ from the earlier snapshot to the reading threads. A directory is
complete when the walk has left it, its files are read and its directories are complete; then its tree is stored, or the
earlier one kept where every node in it is the earlier one. So memory holds the way down to the directory in hand, and
the few that wait for their files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from rok_jupyter.engine.attributes import attribute_path
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import ExtendedAttribute, Node, NodeType, encode_tree
from rok_jupyter.engine.frame import Frame, VolumeTally
from rok_jupyter.engine.nodes import Owners, is_same_but_for_times, is_unchanged, node_of
from rok_jupyter.engine.parent import Parents
from rok_jupyter.engine.read_queue import Outcome, ReadQueue, Request
from rok_jupyter.engine.reading import ReadingTools
from rok_jupyter.engine.scan import Place, Scanned, Scanner, Stem, Target, volume_error
from rok_jupyter.engine.source import (
    Descriptors,
    Listed,
    LiveDirectory,
    is_vanished,
    message_of,
    read_attributes,
)


class Archive:
    """Runs once; the caller closes it whatever happened."""

    def __init__(
        self, tools: ReadingTools, scanner: Scanner, descriptors: Descriptors, parents: Parents, *, threads: int
    ) -> None:
        self._tools = tools
        self._scanner = scanner
        self._descriptors = descriptors
        self._parents = parents
        self._owners = Owners()
        self._queue: ReadQueue[Frame] = ReadQueue(tools, descriptors, self._owners, threads=threads)
        self.tallies: dict[str, VolumeTally] = {}
        self.added = 0
        self.tree: Id = ""

    def close(self) -> None:
        """Stop the threads."""
        self._queue.close()

    def run(self, stem: Stem, parents: Sequence[Id]) -> None:
        """Archive the volumes; `parents` are the root trees of the snapshots to compare with, newest first.

        Afterwards `tree`, `tallies` and `added` hold the result. Raises Cancelled, FAILED_PRECONDITION for a volume
        that can't be read, and what the writer raises.
        """
        roots = tuple(self._parents.load(tree_id) for tree_id in parents)
        root = self._scanner.root(stem)
        stack = [Frame(root, None, self._tally(root.target), (), roots[:1] if root.target else roots)]
        self._visit(stack[0])
        while stack:
            self._tools.progress.check_cancelled()
            frame = stack[-1]
            if not frame.unvisited:
                stack.pop()
                self._release(frame)
            elif (inner := self._enter(frame.unvisited.pop(), frame)) is not None:
                stack.append(inner)
            for outcome in self._queue.finished():
                self._take(outcome)
        for outcome in self._queue.rest():
            self._take(outcome)

    def _tally(self, target: Target | None) -> VolumeTally | None:
        return None if target is None else self.tallies.setdefault(target.volume, VolumeTally(target.volume))

    def _enter(self, place: Place, outer: Frame) -> Frame | None:
        """Visit a directory; None where it can't be, which is listed unless it is gone."""
        earlier = tuple(node for tree in outer.parents if (node := tree.nodes.get(place.name)) is not None)
        earlier = earlier[:1] if place.target is not None else earlier
        tally = self._tally(place.target)
        frame = Frame(place, outer, tally, earlier, tuple(self._parents.tree(node) for node in earlier))
        try:
            self._visit(frame)
        except OSError as error:
            if place.is_volume and place.target is not None:
                raise volume_error(place.target.volume, place.target.path, str(error.strerror)) from error
            if tally is not None and not is_vanished(error):
                self._fail(tally, place.path, message_of(error))
            return None
        outer.waiting_for += 1
        return frame

    def _visit(self, frame: Frame) -> None:
        """Scan a frame's directory, keep what has not changed, and hand in what has to be read."""
        place, tally = frame.place, frame.tally
        scanned = self._scanner.scan(place)
        frame.unvisited = scanned.directories[::-1]
        unchanged = is_unchanged if place.target is not None else is_same_but_for_times
        frame.same_status = frame.earlier_node is not None and unchanged(frame.earlier_node, place.status)
        if place.directory is None or tally is None:
            return
        frame.attributes = self._directory_attributes(frame, place.directory, tally)
        tally.directories += 1
        tally.skipped += scanned.skipped
        for name, message in scanned.problems:
            self._fail(tally, frame.path_of(name), message)
        self._add_files(frame, tally, scanned)
        if scanned.others:
            self._add_others(frame, tally, place.directory, scanned.others)
        tally.files_removed += self._count_removed(frame, scanned)

    def _add_files(self, frame: Frame, tally: VolumeTally, scanned: Scanned) -> None:
        earlier_nodes = frame.parent.nodes
        kept = size = 0
        for listed in scanned.files:
            earlier = earlier_nodes.get(listed.name)
            if (
                earlier is not None
                and is_unchanged(earlier, listed.status)
                and listed.name not in scanned.unsure
                and self._parents.holds_content(earlier)
            ):
                frame.keep(earlier)
                kept += 1
                size += earlier.size
            else:
                frame.waiting_for += 1
                self._queue.put(Request(frame, frame.place, listed, earlier))
        tally.files_unmodified += kept
        tally.size += size
        if kept:
            self._tools.progress.advance(files=kept, bytes_=size)

    def _add_others(self, frame: Frame, tally: VolumeTally, directory: LiveDirectory, others: Sequence[Listed]) -> None:
        """Take in links, fifos and devices, which have no content to read."""
        for listed in others:
            earlier = frame.parent.nodes.get(listed.name)
            if earlier is not None and is_unchanged(earlier, listed.status):
                node = earlier
            else:
                try:
                    node = self._other_node(directory, listed, frame, tally)
                except OSError as error:
                    if not is_vanished(error):
                        self._fail(tally, frame.path_of(listed.name), message_of(error))
                    continue
            self._tools.progress.advance(files=1)
            self._add(frame, tally, node, earlier)

    def _other_node(self, directory: LiveDirectory, listed: Listed, frame: Frame, tally: VolumeTally) -> Node:
        with self._descriptors.of(directory) as descriptor:
            target = b""
            if stat.S_ISLNK(listed.status.st_mode):
                target = os.readlink(listed.raw, dir_fd=descriptor)
            attributes: tuple[ExtendedAttribute, ...] = ()
            try:
                attributes = read_attributes(attribute_path(descriptor, listed.raw))
            except OSError as error:
                self._fail(tally, frame.path_of(listed.name), f"Its attributes can't be read: {message_of(error)}")
        text = target.decode("utf-8", "surrogateescape")
        return node_of(listed.name, listed.status, self._owners, attributes=attributes, target=text)

    def _directory_attributes(
        self, frame: Frame, directory: LiveDirectory, tally: VolumeTally
    ) -> tuple[ExtendedAttribute, ...]:
        if frame.same_status and frame.earlier_node is not None:
            return frame.earlier_node.extended_attributes
        try:
            with self._descriptors.of(directory) as descriptor:
                return read_attributes(descriptor)
        except OSError as error:
            self._fail(tally, frame.place.path, f"Its attributes can't be read: {message_of(error)}")
            return ()

    def _count_removed(self, frame: Frame, scanned: Scanned) -> int:
        """Count files that the earlier snapshot has and this one hasn't."""
        if not frame.parent.nodes:
            return 0
        gone = frame.parent.nodes.keys() - {entry.name for entry in scanned.files}
        if gone:
            gone -= {entry.name for entry in scanned.others}
            gone -= {place.name for place in scanned.directories}
        return sum(self._parents.count_files(frame.parent.nodes[name]) for name in gone)

    def _take(self, outcome: Outcome[Frame]) -> None:
        """Take in a file that was read, or wasn't."""
        frame, _, listed, earlier = outcome.request
        tally = frame.tally
        assert tally is not None
        if outcome.error:
            self._fail(tally, frame.path_of(listed.name), outcome.error)
        if outcome.node is not None and outcome.content is not None:
            content = outcome.content
            if content.problem:
                self._fail(tally, frame.path_of(listed.name), content.problem)
            if not content.settled:
                tally.mark_changed(frame.path_of(listed.name))
            self.added += content.added
            tally.size += content.size
            self._add(frame, tally, outcome.node, earlier)
        self._tools.progress.advance(files=1, current=listed.name)
        self._release(frame)

    @staticmethod
    def _add(frame: Frame, tally: VolumeTally, node: Node, earlier: Node | None) -> None:
        """Put the node of what is no directory into its own."""
        if node == earlier:
            frame.keep(earlier)
            tally.files_unmodified += 1
            return
        frame.nodes.append(node)
        if earlier is None or earlier.type is NodeType.DIRECTORY:
            tally.files_new += 1
        else:
            tally.files_changed += 1

    def _release(self, frame: Frame | None) -> None:
        """Say that one thing less is missing; complete the directory, and those around it, where it was the last."""
        while frame is not None:
            frame.waiting_for -= 1
            if frame.waiting_for:
                return
            self._complete(frame)
            frame = frame.outer

    def _complete(self, frame: Frame) -> None:
        tree_id = frame.parent.id
        if tree_id is None or not frame.is_reused:
            saved = self._tools.writer.save_blob(BlobType.TREE, encode_tree(frame.nodes))
            tree_id = saved.id
            self.added += saved.added_bytes
            self._tools.progress.advance(added=saved.added_bytes)
        earlier = frame.earlier_node
        same = frame.same_status and earlier is not None and earlier.subtree == tree_id
        if frame.place.is_volume and frame.tally is not None:
            frame.tally.tree = tree_id
            frame.tally.differs = not (same or (frame.outer is None and tree_id == frame.parent.id))
        if frame.outer is None:
            self.tree = tree_id
        elif same and earlier is not None:
            frame.outer.keep(earlier)
        else:
            place = frame.place
            frame.outer.nodes.append(
                node_of(place.name, place.status, self._owners, attributes=frame.attributes, subtree=tree_id)
            )

    def _fail(self, tally: VolumeTally, path: str, message: str) -> None:
        tally.fail(path, message)
        self._tools.progress.advance(errors=1)
