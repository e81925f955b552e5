"""One's own profile: preferences, password, sessions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailhub.people.model import users_of
from tests.kit.hub import HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in

NEW = "Another-long-sentence-8"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path)
    kit.user("ada", "email-edit", password=PASSWORD)
    yield kit
    kit.close()


def stored(kit: HubKit, name: str) -> Any:
    with kit.hub.database.reading() as root:
        return getattr(users_of(root).find(kit.user_id("ada")), name)


def revision_of(page: Any) -> str:
    found: str = page.html.find("input", {"name": "revision"})["value"]
    return found


def test_language_theme_and_zone_are_saved_and_used_at_once(kit: HubKit) -> None:
    browser = signed_in(kit, "ada")
    fields = {"language": "fr", "theme": "dark", "time_zone": "Europe/Zurich"}
    browser.post("/me", {**fields, "revision": revision_of(browser.get("/me"))})
    page = browser.get("/me")
    assert page.html.find("html")["lang"] == "fr"
    assert page.html.find("html")["data-bs-theme"] == "dark"
    assert "Mon profil" in page.text
    assert stored(kit, "time_zone") == "Europe/Zurich"


def test_fields_that_were_never_offered_change_nothing(kit: HubKit) -> None:
    browser = signed_in(kit, "ada")
    fields = {
        "language": "en",
        "theme": "light",
        "time_zone": "UTC",
        "revision": revision_of(browser.get("/me")),
    }
    more = {"name": "Mallory", "contact_email": "m@example.com", "permission_sets": "email-admin", "id": "x"}
    browser.post("/me", {**fields, **more})
    assert stored(kit, "name") == "Ada"
    assert stored(kit, "contact_email") == "ada@example.com"
    assert list(stored(kit, "permission_sets")) == ["email-edit"]
    assert stored(kit, "theme") == "light"


def test_a_choice_that_there_is_not_is_told_at_its_field(kit: HubKit) -> None:
    browser = signed_in(kit, "ada")
    fields = {
        "language": "en",
        "theme": "pink",
        "time_zone": "Mars/Base",
        "revision": revision_of(browser.get("/me")),
    }
    page = browser.post("/me", fields, 422)
    assert page.html.find(id="profile--summary") is not None
    assert stored(kit, "theme") == "system"


def test_what_was_changed_elsewhere_meanwhile_is_not_overwritten(kit: HubKit) -> None:
    first, second = signed_in(kit, "ada"), signed_in(kit, "ada")
    fields = {
        "language": "en",
        "theme": "dark",
        "time_zone": "UTC",
        "revision": revision_of(first.get("/me")),
    }
    second.post("/me", fields)
    page = first.post("/me", {**fields, "theme": "light"}, 412)
    assert stored(kit, "theme") == "dark"
    fields["revision"] = revision_of(page)
    first.post("/me", {**fields, "theme": "light"})
    assert stored(kit, "theme") == "light"


def test_a_new_password_needs_the_old_one_and_must_be_typed_twice(kit: HubKit) -> None:
    browser = signed_in(kit, "ada")
    wrong = browser.post("/me/password", {"old": "wrong", "new": NEW, "again": NEW}, 422)
    assert "This is not your password." in wrong.text
    differs = browser.post("/me/password", {"old": PASSWORD, "new": NEW, "again": "x"}, 422)
    assert "must be the same" in differs.text
    weak = browser.post("/me/password", {"old": PASSWORD, "new": "password", "again": "password"}, 422)
    assert NEW not in wrong.text + differs.text + weak.text
    browser.post("/me/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    Browserless(kit).sign_in("ada", NEW)


def test_other_browsers_are_signed_out_with_the_old_password_if_one_wants(kit: HubKit) -> None:
    here, there = signed_in(kit, "ada"), signed_in(kit, "ada")
    here.post("/me/password", {"old": PASSWORD, "new": NEW, "again": NEW, "end_others": "yes"})
    here.get("/")
    there.get("/", 303)


def test_who_was_given_a_password_chooses_an_own_one_before_anything_else(kit: HubKit) -> None:
    def reset(root: Any) -> None:
        user = users_of(root).find(kit.user_id("ada"))
        assert user is not None
        user.must_change_password = True

    kit.change(reset)
    browser = Browserless(kit)
    answer = browser.post("/sign-in", {"login": "ada", "password": PASSWORD}, token=browser.token())
    assert answer.location == "/me/password"
    assert browser.get("/", 303).location == "/me/password"
    token = browser.token("/me/password")
    browser.post("/me", {}, 303, token=token)
    browser.app.post(
        "/page-api/uploads", b"x", headers={"Origin": browser.origin, "X-CSRF-Token": token}, status=401
    )
    browser.post("/me/password", {"old": PASSWORD, "new": NEW, "again": NEW}, token=token)
    browser.get("/")


def test_a_session_is_ended_from_another_browser(kit: HubKit) -> None:
    here, there = signed_in(kit, "ada"), signed_in(kit, "ada")
    forms = here.get("/me").html.find_all("form", action=lambda path: path and path.endswith("/end"))
    assert len(forms) == 2
    other = next(form for form in forms if "This one" not in form.find_parent("tr").text)
    here.post(other["action"])
    there.get("/", 303)
    here.get("/")


def test_nobody_ends_somebody_elses_session(kit: HubKit) -> None:
    kit.user("bob", password=PASSWORD)
    ada, bob = signed_in(kit, "ada"), signed_in(kit, "bob")
    form = ada.get("/me").html.find("form", action=lambda path: path and path.endswith("/end"))
    bob.post(form["action"])
    ada.get("/")


def test_all_others_are_ended_at_once(kit: HubKit) -> None:
    here, there, elsewhere = (signed_in(kit, "ada") for _each in range(3))
    here.post("/me/sessions/end-others")
    there.get("/", 303)
    elsewhere.get("/", 303)
    here.get("/")
