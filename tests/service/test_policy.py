"""The stored policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Policy, RetentionPolicy, Schedule
from rok_jupyter.service.policy import Policies


def test_what_was_set_is_read_by_others(tmp_path: Path) -> None:
    policy = Policy(
        retention=RetentionPolicy(keep_last=3, keep_within="1y2d", keep_tags=("a", "b")),
        schedule=Schedule(every_minutes=30, volumes=("workspace",), prune=True),
    )
    assert Policies(tmp_path / "policy.json").set(policy) == policy
    assert Policies(tmp_path / "policy.json").get() == policy
    assert (tmp_path / "policy.json").stat().st_mode & 0o777 == 0o600


def test_without_a_policy_everything_is_kept_and_nothing_scheduled(tmp_path: Path) -> None:
    policy = Policies(tmp_path / "policy.json").get()
    assert policy.retention.empty
    assert policy.schedule.every_minutes == 0


@pytest.mark.parametrize(
    "policy",
    [
        Policy(retention=RetentionPolicy(keep_last=-2)),
        Policy(retention=RetentionPolicy(keep_within="soon")),
        Policy(schedule=Schedule(every_minutes=-1)),
        Policy(schedule=Schedule(every_minutes=10**9)),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_and_the_old_one_stays(tmp_path: Path, policy: Policy) -> None:
    policies = Policies(tmp_path / "policy.json")
    policies.set(Policy(retention=RetentionPolicy(keep_last=1)))
    with pytest.raises(RokError) as caught:
        policies.set(policy)
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
    assert policies.get().retention.keep_last == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"retention": 3}'])
def test_a_damaged_policy_is_named_and_can_be_set_again(tmp_path: Path, content: str) -> None:
    (tmp_path / "policy.json").write_text(content)
    policies = Policies(tmp_path / "policy.json")
    with pytest.raises(RokError) as caught:
        policies.get()
    assert caught.value.kind is ErrorKind.DATA_LOSS
    policies.set(Policy())
    assert policies.get() == Policy()
