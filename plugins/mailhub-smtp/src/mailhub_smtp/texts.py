"""The texts of this connector, in a domain of their own; their translations are in ``locale``."""

from mailhub.contract.texts import TranslationStringFactory

_ = TranslationStringFactory("mailhub-smtp")
