"""Which language an answer is in, and how a text gets there."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from pyramid.i18n import get_localizer
from webob.acceptparse import create_accept_language_header

from mailhub.contract.texts import Text, TranslationString, with_values

from .stored_texts import StoredTexts

LANGUAGES: Final = ("en", "fr")
"""What texts are translated to and shipped with; English, which needs no catalogue, is the default."""

_LIBRARIES = ("colander:locale", "deform:locale")
_OWN: Final = Path(__file__).parents[1] / "locale"


STORED_TEXTS: Final = "mailhub.stored_texts"


def include_texts(config: Any, folders: Sequence[Path] = ()) -> None:
    """Make a Pyramid application find the translations of mailhub, of its form libraries and in these folders.

    ``config.registry["mailhub.stored_texts"]`` finds stored English among those of mailhub and the folders.
    """
    # ours come later, so that they fill what the libraries lack; as a path, since not every loader tells what is in a package
    config.add_translation_dirs(*_LIBRARIES, str(_OWN), *map(str, folders))
    config.registry[STORED_TEXTS] = StoredTexts([_OWN, *folders], LANGUAGES[1])


def locale_of(accept_language: str | None, languages: Sequence[str]) -> str:
    """The best of the hub's languages by an Accept-Language header (RFC 4647 lookup); the first when none fits."""
    header = create_accept_language_header(accept_language)
    return cast(str, header.lookup(languages, default_tag=languages[0]))


def translated(request: Any, text: Text, languages: Sequence[str]) -> str:
    """The text as the caller reads it."""
    request.locale_name = locale_of(request.headers.get("Accept-Language"), languages)
    return localized(get_localizer(request), text)


def localized(localizer: Any, text: Text) -> str:
    """The text and those among its values, in the language of a Pyramid localizer."""
    if isinstance(text, TranslationString):
        text = with_values(text, partial(localized, localizer))
    return cast(str, localizer.translate(text))
