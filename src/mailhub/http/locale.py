"""Which language an answer is in, and how a text gets there."""

from collections.abc import Sequence
from typing import Any, cast

from pyramid.i18n import get_localizer
from webob.acceptparse import create_accept_language_header

from mailhub.contract.texts import Text


def locale_of(accept_language: str | None, languages: Sequence[str]) -> str:
    """The best of the hub's languages by an Accept-Language header (RFC 4647 lookup); the first when none fits."""
    header = create_accept_language_header(accept_language)
    return cast(str, header.lookup(languages, default_tag=languages[0]))


def translated(request: Any, text: Text, languages: Sequence[str]) -> str:
    """The text as the caller reads it."""
    request.locale_name = locale_of(request.headers.get("Accept-Language"), languages)
    return cast(str, get_localizer(request).translate(text))
