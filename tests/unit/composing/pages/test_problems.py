"""Where a mistake is told."""

import pytest

from mailhub.composing.pages.problems import Trouble, placed
from mailhub.errors import FieldError

TEXTS = {"to": 'good@example.com; "B, C" <b@>', "cc": "", "subject": "Hello"}


@pytest.mark.parametrize(
    ("pointer", "trouble"),
    [
        ("/to/1", Trouble("to", "No.", 1, '"B, C" <b@>')),
        ("/to/7", Trouble("to", "No.", 7)),
        ("/to", Trouble("to", "No.")),
        ("/account", Trouble("from", "No.")),
        ("/scenario", Trouble("from", "No.")),
        ("/html", Trouble("body", "No.")),
        ("/attachments/2/name", Trouble("files", "No.")),
        ("/expires_at", Trouble("", "No.")),
        ("", Trouble("", "No.")),
    ],
)
def test_a_mistake_is_told_at_its_control(pointer: str, trouble: Trouble) -> None:
    assert placed([FieldError(pointer, "x.y", "No.")], TEXTS) == [trouble]


def test_the_same_mistake_is_told_once() -> None:
    error = FieldError("/account", "x.y", "No.")
    assert len(placed([error, FieldError("/scenario", "x.y", "No.")], TEXTS)) == 1
