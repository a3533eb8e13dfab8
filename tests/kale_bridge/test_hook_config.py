"""A hook's configuration survives its way through a command, whatever names it holds."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kale_bridge.hook_config import HookConfig
from rok_jupyter.models import Moment

ODD = ["it's", 'say "no"', "a\nb", "{{workflow.name}}", "${HOME}", "!!python/object:os.system", "{% raw %}", "ä\u2028"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_come_back_and_no_template_sees_them(name: str) -> None:
    config = HookConfig(
        pipeline="p", step=name, moments=(Moment.BEFORE,), notebook=name, parameters={name: name}, volumes={name: "/x"}
    )
    word = config.encoded()
    assert HookConfig.decoded(word) == config
    assert word.isascii()
    assert not set("{}$'\"\n !%") & set(word)


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    config = HookConfig(pipeline=text, step="s", moments=tuple(Moment), message=text)
    assert HookConfig.decoded(config.encoded()) == config


def test_a_program_without_this_package_reads_plain_json() -> None:
    word = HookConfig(pipeline="p", step="s", moments=(Moment.BEFORE, Moment.FAILED)).encoded()
    plain = json.loads(b64decode(word))
    assert plain["version"] == 1
    assert plain["moments"] == ["before", "failed"]
    assert plain["on_error"] == "warn"
    assert plain["seconds"] == 300


def test_the_order_of_names_does_not_change_the_word() -> None:
    first = HookConfig(pipeline="p", step="s", moments=(), volumes={"a": "/a", "b": "/b"})
    second = HookConfig(pipeline="p", step="s", moments=(), volumes={"b": "/b", "a": "/a"})
    assert first.encoded() == second.encoded()


def test_what_is_no_word_is_refused() -> None:
    with pytest.raises(ValueError, match=r"base64|characters|Invalid"):
        HookConfig.decoded("{}")
