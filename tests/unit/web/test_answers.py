"""Where a redirect may lead."""

import pytest

from mailhub.web.answers import Redirect, is_own_path


@pytest.mark.parametrize("path", ["/", "/accounts/a b", "/outbox?status=failed#top", "/a//b", "/é"])
def test_a_path_of_this_site_is_one(path: str) -> None:
    assert is_own_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "accounts",
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\tevil",
        "/a\nb",
        "/a\x7f",
        "\\/x",
    ],
)
def test_what_may_lead_elsewhere_is_none(path: str) -> None:
    assert not is_own_path(path)
    with pytest.raises(ValueError, match="no path of this site"):
        Redirect(path)
