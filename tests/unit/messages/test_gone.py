"""What is left of deleted messages."""

import pytest

from mailhub.messages import ids
from mailhub.messages.gone import find_gone, remove
from mailhub.messages.model import Related, messages_of
from tests.unit.visibility.kit import MailKit

INVOICE = Related("sales-invoice", "103001", "Invoice 103001", "https://erp.example/103001")


@pytest.fixture
def mail() -> MailKit:
    return MailKit()


def test_what_a_message_said_is_gone_and_whose_it_was_is_known(mail: MailKit) -> None:
    message_id = mail.put("failed", related=[INVOICE], subject="Secret plan", to=[("ada@example.com", "Ada")])
    remove(mail.hub, mail.find(message_id))

    assert messages_of(mail.hub).find(message_id) is None
    left = find_gone(mail.hub, message_id)
    assert left is not None
    assert tuple(left) == (
        message_id,
        "failed",
        "default",
        "sales",
        "bob",
        (("sales-invoice", "103001"),),
    )
    assert left.related_records() == [Related("sales-invoice", "103001")]


def test_it_is_found_by_its_whole_id_only(mail: MailKit) -> None:
    message_id = mail.put("draft")
    assert find_gone(mail.hub, message_id) is None
    key = mail.find(message_id).key
    remove(mail.hub, mail.find(message_id))

    for other in ("", "x" * 24, ids.id_of(key, bytes(10)), message_id[:-1]):
        assert find_gone(mail.hub, other) is None


def test_a_month_of_which_nothing_was_deleted_yet_may_be_an_old_one(mail: MailKit) -> None:
    message_id = mail.put("draft")
    (month,) = messages_of(mail.hub).iter_shards(ids.month_of(mail.find(message_id).key))
    assert "gone" not in vars(month)
    remove(mail.hub, mail.find(message_id))

    assert list(month.gone) == [ids.find_key(message_id)]
