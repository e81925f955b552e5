"""What ``GET /plugins`` answers."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _


def _text(name: str, title: object, **hints: object) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(), name=name, title=title, **hints)


class Ids(colander.SequenceSchema):
    id = colander.SchemaNode(colander.String(), title=_("Id"))


class PluginReply(colander.MappingSchema):
    """A plugin that was found beside the hub or in it."""

    name = _text("name", _("Name"), **hint.example("smtp"))
    distribution = _text("distribution", _("Distribution"), **hint.example("mailhub-smtp"))
    version = _text("version", _("Version"), **hint.example("0.1.0"))
    state = _text(
        "state",
        _("State"),
        validator=colander.OneOf(["loaded", "failed", "disabled"]),
        **hint.choice(("loaded", _("Loaded")), ("failed", _("Failed")), ("disabled", _("Disabled"))),
    )
    error = _text("error", _("Why it failed"), missing=None)
    connectors = Ids(title=_("Connectors"))
    scenarios = Ids(title=_("Scenarios"))
    policies = Ids(title=_("View policies"))
    renderers = Ids(title=_("Renderers"))
    faults = colander.SchemaNode(colander.Integer(), title=_("Number of faults since the start"))
    last_fault = _text("last_fault", _("Last fault"), missing=None)
    is_hung = colander.SchemaNode(colander.Boolean(), title=_("A notification was given up"))


class PluginItems(colander.SequenceSchema):
    plugin = PluginReply()


class PluginList(colander.MappingSchema):
    """All plugins, in the order of loading."""

    items = PluginItems(title=_("Plugins"))
