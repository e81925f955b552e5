"""The translation domain of the product: every text that a person can read is made with ``_``.

English is the message id. A plugin makes its own factory with its own domain and uses it the same way::

    _ = TranslationStringFactory("mailhub-fax")

Its translations are in ``locale/<language>/LC_MESSAGES/mailhub-fax.mo`` beside the plugin's module; the hub finds them.
"""

from collections.abc import Callable

from translationstring import TranslationString, TranslationStringFactory

Text = TranslationString | str
"""What a person can read: translated where it is shown, English by itself."""

_ = TranslationStringFactory("mailhub")

__all__ = ["Text", "TranslationString", "TranslationStringFactory", "_", "in_context", "plain", "with_values"]


def in_context(context: str, text: str) -> TranslationString:
    """A text of mailhub that other languages word by where it stands: ``in_context("box", "Sent")``."""
    return TranslationString(text, domain="mailhub", context=context)


def plain(text: Text) -> str:
    """The English form of a text, with its values filled in."""
    return with_values(text, plain).interpolate() if isinstance(text, TranslationString) else text


def with_values(text: TranslationString, said: Callable[[Text], str]) -> TranslationString:
    """The same text, where each of its values that is a text itself is worded by this function."""
    texts = {
        name: said(value)
        for name, value in (text.mapping or {}).items()
        if isinstance(value, TranslationString)
    }
    return TranslationString(text, mapping=texts) if texts else text
