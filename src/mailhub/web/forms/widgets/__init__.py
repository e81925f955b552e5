"""The kinds of fields, as deform widgets."""

from .base import ABSENT, KEPT, NEEDED, Field, FormWidget, Problem, Wrong, html_id, id_of
from .choices import ChoiceWidget, ManyWidget, SwitchWidget, choices_of
from .containers import ListWidget, MappingWidget
from .files import FileWidget
from .secrets import SecretWidget
from .texts import AddressListWidget, AddressWidget, JsonWidget, NumberWidget, RichTextWidget, TextWidget
from .times import DateWidget, MomentWidget

__all__ = [
    "ABSENT",
    "KEPT",
    "NEEDED",
    "AddressListWidget",
    "AddressWidget",
    "ChoiceWidget",
    "DateWidget",
    "Field",
    "FileWidget",
    "FormWidget",
    "JsonWidget",
    "ListWidget",
    "ManyWidget",
    "MappingWidget",
    "MomentWidget",
    "NumberWidget",
    "Problem",
    "RichTextWidget",
    "SecretWidget",
    "SwitchWidget",
    "TextWidget",
    "Wrong",
    "choices_of",
    "html_id",
    "id_of",
]
