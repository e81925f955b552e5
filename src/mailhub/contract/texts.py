"""The translation domain of the product: every text that a person can read is made with ``_``.

English is the message id. A plugin makes its own factory with its own domain and uses it the same way::

    _ = TranslationStringFactory("mailhub-fax")

Its translations are in ``locale/<language>/LC_MESSAGES/mailhub-fax.mo`` beside the plugin's module; the hub finds them.
"""

from translationstring import TranslationString, TranslationStringFactory

Text = TranslationString | str
"""What a person can read: translated where it is shown, English by itself."""

_ = TranslationStringFactory("mailhub")

__all__ = ["Text", "TranslationString", "TranslationStringFactory", "_", "plain"]


def plain(text: Text) -> str:
    """The English form of a text, with its values filled in."""
    return text.interpolate() if isinstance(text, TranslationString) else text
