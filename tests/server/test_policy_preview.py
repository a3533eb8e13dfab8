"""A policy is previewed over REST, and nothing comes of it."""

from __future__ import annotations

from tests.server.running import RunningServer


def test_a_policy_is_previewed_and_not_set(server: RunningServer) -> None:
    before = server.ask("GET", "policy").json
    policy = {"retention": {"keep_hourly": 24, "keep_weekly": 8}, "schedule": {"every_minutes": 30}}
    answer = server.ask("POST", "policy/preview", body=policy)
    assert answer.status == 200
    preview = answer.json
    assert (preview["taken"], preview["days"]) == (17_520, 365)
    assert preview["kept_count"] == len(preview["kept"])
    assert preview["kept"][0]["reasons"] == ["hourly snapshot", "weekly snapshot"]
    assert "Keeps the last 24 hourly snapshots." in preview["words"]
    assert server.ask("GET", "policy").json == before


def test_what_is_no_policy_is_refused(server: RunningServer) -> None:
    for body in ({"retention": {"keep_last": -1}}, {"schedule": {"every_minutes": 10**9}}, {"keep_last": 3}):
        answer = server.ask("POST", "policy/preview", body=body)
        assert (answer.status, answer.json["kind"]) == (400, "invalid_argument")
