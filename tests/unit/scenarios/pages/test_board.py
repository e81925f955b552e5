"""Which scenario stands below which account."""

from datetime import UTC, datetime

import pytest

from mailhub.accounts.model import Account
from mailhub.scenarios.pages.board import Filter, Lane, board_of
from mailhub.scenarios.presenting import ScenarioView


def account(id: str) -> Account:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Account(
        id,
        connector="fake",
        name=id,
        address="",
        settings={},
        secrets={},
        created_at=now,
        rate_limit_per_minute=0,
    )


def view(id: str, own: str | None = None, by: str | None = "post", source: str = "mailhub") -> ScenarioView:
    return ScenarioView(id, id.title(), source, own, by)


def shown(lanes: list[Lane]) -> list[tuple[str | None, list[str], list[str]]]:
    return [
        (
            None if lane.account is None else lane.account.id,
            [row.view.id for row in lane.own],
            [row.view.id for row in lane.inherited],
        )
        for lane in lanes
    ]


def board(*views: ScenarioView, default: str | None = "post") -> list[Lane]:
    return board_of(((each, str(each.title)) for each in views), [account("a"), account("post")], default, {})


def test_the_default_account_comes_first_with_what_it_inherits_by_title() -> None:
    lanes = board(view("quote"), view("default", "post"), view("order", "a", "a"), view("bill"))
    assert shown(lanes) == [("post", [], ["default", "bill", "quote"]), ("a", ["order"], [])]


def test_what_is_assigned_to_the_default_account_is_its_own() -> None:
    assert shown(board(view("order", "post")))[0] == ("post", ["order"], [])


def test_what_nobody_sends_comes_before_all() -> None:
    lanes = board(view("default", by=None), view("order", by=None), default=None)
    assert shown(lanes)[0] == (None, [], ["default", "order"])


def test_what_lost_its_account_goes_by_default_and_is_marked() -> None:
    lanes = board(view("order", "gone"))
    assert shown(lanes)[0] == ("post", [], ["order"])
    assert lanes[0].inherited[0].is_lost


def test_the_default_scenario_cannot_be_moved() -> None:
    rows = board(view("default", "post"), view("order"))[0].inherited
    assert [row.is_fixed for row in rows] == [True, False]
    assert not rows[0].is_lost


@pytest.mark.parametrize(
    ("asked", "takes"),
    [
        (Filter(), True),
        (Filter(text="INVOICE my"), True),
        (Filter(text="my-in"), True),
        (Filter(text="invoice order"), False),
        (Filter(source="plugin"), True),
        (Filter(source="custom"), False),
        (Filter(account="own"), True),
        (Filter(account="default"), False),
    ],
)
def test_a_filter_takes_what_has_all_of_it(asked: Filter, takes: bool) -> None:
    found = view("my-invoice", "a", "a", source="mailhub-harbour")
    assert asked.takes(found, "My Invoice") is takes


def test_the_default_scenario_goes_by_default_for_filters_too() -> None:
    assert Filter(account="default").takes(view("default", "post"), "Default")
    assert not Filter(account="own").takes(view("default", "post"), "Default")
