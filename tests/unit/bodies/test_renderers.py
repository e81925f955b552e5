import pytest

from mailhub.bodies.renderers import PLAIN
from mailhub.contract import Refusal


@pytest.mark.parametrize(
    "source", [b"Hello ${name} {{ name }} %s\n", "\ufeffHello ${name} {{ name }} %s\n".encode()]
)
def test_a_text_is_sent_as_it_is(source: bytes) -> None:
    body = PLAIN.make().render(source, {"name": "Ada"}, "en")
    assert (body.text, body.html, body.subject) == ("Hello ${name} {{ name }} %s\n", None, None)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(Refusal):
        PLAIN.make().render(b"\xff\xfe", {}, "en")
