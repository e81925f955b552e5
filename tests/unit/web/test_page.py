"""Pages are declared on their views."""

import sys
from types import ModuleType

import pytest

from mailhub.people.permissions import Permission
from mailhub.web import mount
from mailhub.web.answers import Answer, Redirect
from mailhub.web.page import page, pages_of
from mailhub.web.request import PageRequest


@page("GET", "/things/{id}", permission=Permission.SETUP_READ)
@page("POST", "/things/{id}", permission=Permission.SETUP_WRITE, once=True)
def show_thing(request: PageRequest) -> Answer:
    return Redirect("/")


def module() -> ModuleType:
    return sys.modules[__name__]


def test_a_view_may_be_several_pages() -> None:
    found = {each.method: each for each in pages_of(module())}
    assert found["GET"].permission is Permission.SETUP_READ
    assert not found["GET"].once
    assert found["POST"].once
    assert found["POST"].path_names == ("id",)
    assert found["GET"].view is show_thing


def test_what_a_module_imported_is_not_its_page() -> None:
    other = ModuleType("other")
    other.show_thing = show_thing  # type: ignore[attr-defined]  # as an import would
    assert pages_of(other) == []


def test_two_pages_at_one_address_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="two pages"):
        mount._refuse_twins([*pages_of(module()), *pages_of(module())])


def test_a_fixed_address_is_tried_before_one_with_a_name_in_it() -> None:
    paths = ["/accounts/{id}", "/accounts/new", "/accounts", "/"]
    assert sorted(paths, key=mount._specific_first) == ["/", "/accounts", "/accounts/new", "/accounts/{id}"]
