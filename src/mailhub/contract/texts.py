"""The translation domain of the product: every text that a person can read is made with ``_``.

English is the message id. A plugin makes its own factory with its own domain and uses it the same way.
"""

from translationstring import TranslationString, TranslationStringFactory

Text = TranslationString | str
"""What a person can read: translated where it is shown, English by itself."""

_ = TranslationStringFactory("mailhub")

__all__ = ["Text", "TranslationString", "_", "plain"]


def plain(text: Text) -> str:
    """The English form of a text, with its values filled in."""
    return text.interpolate() if isinstance(text, TranslationString) else text
