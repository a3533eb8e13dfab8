"""The generated tree, made once for all tests of compatibility."""

from __future__ import annotations

import pytest

from tests.compat.generated_tree import GeneratedTree, generate_tree

SHORT = 2_000
FULL = 20_000


@pytest.fixture(
    scope="session",
    params=[SHORT, pytest.param(FULL, marks=[pytest.mark.full, pytest.mark.timeout(1800)])],
    ids=["short", "full"],
)
def generated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> GeneratedTree:
    """A tree with everything; nobody changes it."""
    directory = tmp_path_factory.mktemp("generated")
    return generate_tree(directory / "tree", outside=directory / "outside", entries=request.param)
