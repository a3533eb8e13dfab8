"""A notebook's settings, and what they mean for each step."""

from __future__ import annotations

from typing import Any

import pytest

from kale_bridge.hook_plan import NamedVolume, plan_finals, plan_step
from kale_bridge.settings import HookSettings, default_settings, notebook_settings
from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Moment

DEFAULTS = default_settings(RokSettings())


def test_without_a_word_of_the_notebook_the_defaults_hold() -> None:
    assert notebook_settings({}, DEFAULTS) == DEFAULTS == HookSettings()
    assert notebook_settings({"rok": {"other": 1}}, DEFAULTS) == DEFAULTS


def test_a_notebook_changes_what_it_names_and_nothing_else() -> None:
    told = {"snapshots": False, "moments": ["before"], "volumes": ["data"], "server_secret": "rok.token:key_1"}
    settings = notebook_settings({"rok": {"kale": told}}, DEFAULTS)
    assert not settings.snapshots
    assert settings.moments == (Moment.BEFORE,)
    assert settings.volumes == ("data",)
    assert settings.server_secret == "rok.token:key_1"
    assert (settings.on_error, settings.seconds, settings.tasks) == ("warn", 300, "inside")


@pytest.mark.parametrize(
    "told",
    [
        {"on_error": "explode"},
        {"seconds": "300"},
        {"seconds": 0},
        {"moments": ["during"]},
        {"tasks": 1},
        {"volumes": "data"},
        {"snapshot": True},
        {"server_secret": "no key"},
        {"server_secret": "a:b\n"},
        {"server_url": "hub"},
        {"server_url": "https://hub/?token=secret"},
        {"server_url": "https://ada:secret@hub/"},
        {"server_url": "https://hub/{{workflow.name}}"},
        {"snapshots": "yes"},
        [],
        "on",
    ],
    ids=repr,
)
def test_a_wrong_setting_is_named(told: Any) -> None:
    with pytest.raises(RokError) as caught:
        notebook_settings({"rok": {"kale": told}}, DEFAULTS)
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
    assert "rok.kale" in caught.value.message
    assert all(f"`{name}`" in caught.value.hint for name in HookSettings.__struct_fields__)


def test_a_metadata_rok_that_is_no_object_is_told() -> None:
    with pytest.raises(RokError):
        notebook_settings({"rok": 3}, DEFAULTS)


@pytest.mark.parametrize(
    ("wish", "moments"),
    [
        ("", tuple(Moment)),
        ("on", tuple(Moment)),
        ("off", ()),
        ("before", (Moment.BEFORE,)),
        ("After", (Moment.AFTER, Moment.FAILED)),
        ("sometimes", tuple(Moment)),
    ],
)
def test_a_steps_own_wish(wish: str, moments: tuple[Moment, ...]) -> None:
    planned = plan_step("train", wish, DEFAULTS)
    assert planned.moments == moments
    assert ("sometimes" in planned.reason) == (wish == "sometimes")


def test_switched_off_no_steps_wish_counts() -> None:
    off = HookSettings(snapshots=False)
    assert plan_step("train", "before", off).moments == ()
    assert plan_finals(3, [NamedVolume("data", "x")], off, steps=()) == ()


def test_finals_by_the_ends_and_by_the_names_that_volumes_ask_for() -> None:
    assert plan_finals(1, [], DEFAULTS, steps=()) == ()
    assert [final.step for final in plan_finals(2, [], DEFAULTS, steps=())] == ["final"]
    finals = plan_finals(2, [NamedVolume("a", "x"), NamedVolume("b", ""), NamedVolume("c", "x")], DEFAULTS, steps=())
    assert [(final.name, final.volumes) for final in finals] == [("", ()), ("x", ("a", "c")), ("", ("b",))]
    assert len({final.step for final in finals}) == 3
    own = plan_finals(2, [NamedVolume("a", "x")], DEFAULTS, steps=["final", "final-x", "final-2"])
    assert [final.step for final in own] == ["final-3", "final-x-2"], "a step of the user's own keeps its snapshots"
