"""What people do to messages from the pages: one or many at once, each judged by itself, told of, and taken back."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mailhub.contract.errors import Permanent, Uncertain
from mailhub.errors import StorageUnavailable
from mailhub.messages.pages import acting
from tests.kit.hub import Api, HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in

LATER = "2126-01-01T08:00:00Z"
NUMBERS = count()


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path_factory.mktemp("hub"))
    kit.account("sales", on_uncertain="hold")
    kit.account("held", default=False)
    kit.change_account("held", paused_at=kit.hub.clock.now())
    kit.hub.start_delivery()
    yield kit
    kit.close()


@pytest.fixture
def login() -> str:
    return f"ada{next(NUMBERS)}"


@pytest.fixture
def api(kit: HubKit, login: str) -> Api:
    return kit.user(login, "email-edit", password=PASSWORD)


@pytest.fixture
def browser(kit: HubKit, api: Api, login: str) -> Browserless:
    return signed_in(kit, login, "email-edit")


def waiting(api: Api, subject: str = "Waiting") -> str:
    return str(api.send(subject=subject, send_at=LATER).json["id"])


def held(api: Api, subject: str = "Held") -> str:
    return str(api.send(subject=subject, account="held").json["id"])


def sent(kit: HubKit, api: Api, subject: str = "Sent") -> str:
    message_id = str(api.send(subject=subject).json["id"])
    assert kit.wait_for(message_id) == "sent"
    return message_id


def failed(kit: HubKit, api: Api) -> str:
    kit.provider.fail(Permanent("550 no such user", code="delivery.refused"))
    message_id = str(api.send(subject="Failed").json["id"])
    assert kit.wait_for(message_id) == "failed"
    return message_id


def in_doubt(kit: HubKit, api: Api) -> str:
    kit.provider.fail(Uncertain("lost"), after_hand_over=True)
    message_id = str(api.send(subject="Doubtful").json["id"])
    assert kit.wait_for(message_id) == "in_doubt"
    return message_id


def act(
    browser: Browserless, do: str, *ids: str, status: int = 303, back: str = "/outbox", **fields: str
) -> Any:
    return browser.post(
        "/messages/act",
        [("do", do), ("back", back), *(("id", each) for each in ids), *fields.items()],
        status,
    )


def said(browser: Browserless, answer: Any) -> list[str]:
    """What the next page says was done, undoing left out."""
    page = browser.get(answer.location)
    return [" ".join(each.text.split()) for each in page.html.select(".notices .notice p")]


def confirmed(browser: Browserless, do: str, *ids: str, back: str = "/outbox") -> Any:
    """Act, and say yes when asked."""
    page = act(browser, do, *ids, status=200, back=back)
    form = next(each for each in page.forms.values() if each.action == "/messages/act")
    return browser.post("/messages/act", controls(form))


def controls(form: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.submit_fields("do") if name != "csrf_token"]


def test_many_are_cancelled_at_once_and_each_is_judged_by_itself(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    ids = [held(api), held(api), held(api), sent(kit, api), failed(kit, api)]
    answer = act(browser, "cancel", *ids, "A" * 24, back="/outbox?q=x")
    assert [kit.status(each) for each in ids] == ["cancelled"] * 3 + ["sent", "failed"]
    assert answer.location.startswith("/outbox?q=x&cancelled=")
    assert said(browser, answer) == [
        "Warning: Cancelled: 3. Already sent: 1. Failed already: 1. No longer there: 1."
    ]


def test_one_from_its_own_menu(kit: HubKit, api: Api, browser: Browserless) -> None:
    one, other = waiting(api), waiting(api)
    act(browser, f"cancel:{one}", other)
    assert (kit.status(one), kit.status(other)) == ("cancelled", "queued")


def test_cancelling_can_be_undone_on_the_page_that_follows(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    one, other = held(api), held(api)
    answer = act(browser, "cancel", one, other, back="/outbox?status=waiting")
    assert said(browser, answer) == []
    undo = browser.get(answer.location).html.select_one("form.undo")
    assert "2 messages were cancelled" in undo.text
    fields = [(each["name"], each["value"]) for each in undo.select("input")]
    ids = [value for name, value in fields if name == "id"]
    again = act(browser, "retry", *ids, back=dict(fields)["back"])
    assert again.location == "/outbox?status=waiting"
    assert (kit.status(one), kit.status(other)) == ("queued", "queued")
    assert browser.get(answer.location).html.select_one("form.undo") is None


def test_what_was_to_leave_later_would_leave_at_once_so_that_is_not_called_undoing(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    later, now = waiting(api), held(api)
    answer = act(browser, "cancel", later)
    assert said(browser, answer) == ["Done: The message was cancelled."]
    both = act(browser, "cancel", waiting(api), now)
    page = browser.get(both.location)
    assert [each["value"] for each in page.html.select("form.undo [name=id]")] == [now]
    assert "Cancelled: 2." in page.text


def test_only_ones_own_cancelled_messages_can_be_undone(kit: HubKit, api: Api, browser: Browserless) -> None:
    of_ada = held(api)
    act(browser, "cancel", of_ada)
    eve = signed_in(kit, "eve", "email-edit")
    assert eve.get(f"/outbox?cancelled={of_ada}").html.select_one("form.undo") is None
    page = browser.get(f"/outbox?cancelled={of_ada}.%22%3E%3Cscript%3E.{'B' * 24}")
    assert [each["value"] for each in page.html.select("form.undo [name=id]")] == [of_ada]
    assert "<script>.." not in page.text


def test_failed_ones_are_tried_again(kit: HubKit, api: Api, browser: Browserless) -> None:
    one, other = failed(kit, api), failed(kit, api)
    assert said(browser, act(browser, "retry", one, other)) == ["Done: Tried again: 2."]
    assert {kit.wait_for(one), kit.wait_for(other)} == {"sent"}
    last = failed(kit, api)
    assert said(browser, act(browser, "retry", last)) == ["Done: It is tried again now."]


@pytest.mark.parametrize(("do", "status"), [("resolve-sent", "sent"), ("resolve-failed", "failed")])
def test_a_doubt_is_ended_by_what_somebody_knows(
    kit: HubKit, api: Api, browser: Browserless, do: str, status: str
) -> None:
    message_id = in_doubt(kit, api)
    act(browser, do, message_id)
    assert kit.status(message_id) == status


def test_what_is_in_doubt_is_sent_again_only_after_a_question(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    message_id = in_doubt(kit, api)
    page = act(browser, "resolve-resend", message_id, status=200)
    assert "Somebody may get it twice" in page.text
    assert kit.status(message_id) == "in_doubt"
    confirmed(browser, "resolve-resend", message_id)
    assert kit.wait_for(message_id) == "sent"


def test_deleting_asks_names_what_it_is_about_and_what_stays(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    gone, stays = failed(kit, api), waiting(api, "Stays here")
    page = act(browser, "delete", gone, stays, status=200)
    assert "Delete for good?" in page.html.select_one("h1").text
    assert "Failed" in page.html.select_one(".affected").text
    assert "Stays here" not in page.html.select_one(".affected").text
    assert "Waiting already: 1" in " ".join(page.text.split())
    assert kit.status(gone) == "failed"
    answer = confirmed(browser, "delete", gone, stays)
    assert said(browser, answer) == ["Done: The message was deleted."]
    browser.get(f"/messages/{gone}", 404)
    assert kit.status(stays) == "queued"


def test_what_changed_after_the_question_is_not_deleted(kit: HubKit, api: Api, browser: Browserless) -> None:
    draft = api.send(201, draft=True, subject="Half").json
    form = next(
        each
        for each in act(browser, "delete", draft["id"], status=200, back="/drafts").forms.values()
        if each.action == "/messages/act"
    )
    api.app.patch_json(
        f"/api/v1/messages/{draft['id']}", {"subject": "Whole"}, headers={"If-Match": draft["revision"]}
    )
    answer = browser.post("/messages/act", controls(form))
    assert said(browser, answer) == ["Warning: Nothing was done. Changed by somebody else meanwhile."]
    assert kit.status(draft["id"]) == "draft"
    act(browser, "delete", draft["id"], back="/drafts", confirmed="1")
    assert kit.status(draft["id"]) == "draft"


def test_a_deleted_message_is_not_gone_back_to(kit: HubKit, api: Api, browser: Browserless) -> None:
    message_id = failed(kit, api)
    answer = confirmed(browser, "delete", message_id, back=f"/messages/{message_id}?view=html")
    assert answer.location == "/outbox"


def test_sending_as_new_asks_and_leads_to_the_new_message(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    old = sent(kit, api, "Invoice 9")
    answer = confirmed(browser, "resend", old, back="/sent")
    new = answer.location.removeprefix("/messages/")
    assert new != old
    assert kit.wait_for(new) == "sent"
    assert browser.get(answer.location).html.select_one("h1").text.strip() == "Invoice 9"
    several = confirmed(browser, "resend", old, new, back="/sent")
    assert said(browser, several) == ["Done: Sent as new: 2."]


def test_editing_makes_a_copy_to_be_changed(kit: HubKit, api: Api, browser: Browserless) -> None:
    old = sent(kit, api, "Invoice 10")
    location = browser.post(f"/messages/{old}/edit").location
    copy = api.get(f"/messages/{location.removeprefix('/compose/')}").json
    assert (copy["status"], copy["subject"]) == ("draft", "Invoice 10")
    assert copy["id"] != old


def test_the_same_message_twice_is_done_once(kit: HubKit, api: Api, browser: Browserless) -> None:
    message_id = waiting(api)
    answer = act(browser, "cancel", message_id, message_id)
    assert said(browser, answer) == ["Done: The message was cancelled."]
    assert kit.status(message_id) == "cancelled"


def test_nothing_chosen_is_said_kindly(browser: Browserless) -> None:
    assert said(browser, act(browser, "cancel")) == ["Note: Choose at least one message."]


def test_more_than_a_page_at_once_is_refused(browser: Browserless) -> None:
    ids = [f"{number:024}" for number in range(acting.MOST_AT_ONCE + 1)]
    act(browser, "cancel", *ids, status=422)


@pytest.mark.parametrize("do", ["", "explode", "edit", "cancel "])
def test_there_is_no_other_action(kit: HubKit, api: Api, browser: Browserless, do: str) -> None:
    message_id = waiting(api)
    act(browser, do, message_id, status=404)
    assert kit.status(message_id) == "queued"


@pytest.mark.parametrize(
    "back",
    ["https://example.com/", "//example.com", "/sign-out", "/outbox\r\nX-Evil: 1", "/\\example.com", ""],
)
def test_nobody_is_led_elsewhere(kit: HubKit, api: Api, browser: Browserless, back: str) -> None:
    answer = act(browser, "cancel", held(api), back=back)
    assert answer.location.startswith("/outbox?cancelled=")
    assert "X-Evil" not in answer.headers


def test_messages_of_others_are_not_there(kit: HubKit, api: Api) -> None:
    ids = [waiting(api), failed(kit, api), in_doubt(kit, api)]
    before = [kit.status(each) for each in ids]
    eve = signed_in(kit, "eve", "email-edit")
    for do in ("retry", "cancel", "resolve-sent", "resolve-failed"):
        assert said(eve, act(eve, do, *ids)) == ["Warning: No longer there: 3."]
    for do in ("delete", "resend", "resolve-resend"):
        assert said(eve, act(eve, do, *ids)) == ["Warning: No longer there: 3."]
        assert said(eve, act(eve, do, *ids, confirmed="1")) == ["Warning: No longer there: 3."]
    assert [kit.status(each) for each in ids] == before


def test_where_the_disk_fails_in_between_what_was_done_is_told(
    kit: HubKit, api: Api, browser: Browserless, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [waiting(api), waiting(api), waiting(api)]
    cancel = acting._DOERS["cancel"]

    def fail_later(request: Any, chosen: Any) -> str:
        if chosen.id != ids[0]:
            raise StorageUnavailable("The disk is full.")
        return cancel(request, chosen)

    monkeypatch.setattr(acting, "_DOERS", {**acting._DOERS, "cancel": fail_later})
    answer = act(browser, "cancel", *ids)
    assert said(browser, answer) == ["Warning: Cancelled: 1. The disk is full: 2."]
    assert [kit.status(each) for each in ids] == ["cancelled", "queued", "queued"]
