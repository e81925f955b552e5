"""Scenarios as forms name them."""

import pytest

from mailhub.errors import BadRequest
from mailhub.scenarios.pages.tokens import Seen, Step, read_all


def test_what_was_written_is_read() -> None:
    seen, step = Seen("sales-invoice", "0f"), Step("sales-invoice", "0f", "Ab_-9")
    assert Seen.read(seen.token) == seen
    assert Step.read(step.token) == step
    assert Step.read(Step("reminder", "1", "").token).was == ""


def test_each_scenario_counts_once_as_it_was_seen_last() -> None:
    assert read_all(["a~1", "b~1", "a~2"]) == [Seen("a", "2"), Seen("b", "1")]


@pytest.mark.parametrize("token", ["", "sales-invoice"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadRequest):
        Seen.read(token)
    with pytest.raises(BadRequest):
        Step.read(f"{token}~1" if token else token)
