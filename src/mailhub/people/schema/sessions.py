"""What is told of sessions at the pages (api.md). Pure colander."""

import colander

from mailhub.contract.texts import _


class SessionReply(colander.MappingSchema):
    """Somebody who is signed in at a browser, without what his cookie holds."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    created_at = colander.SchemaNode(colander.DateTime(), title=_("Signed in at"))
    last_seen_at = colander.SchemaNode(colander.DateTime(), title=_("Last used at, to within five minutes"))
    ends_at = colander.SchemaNode(colander.DateTime(), title=_("Ends at, unless it is used before"))
    address = colander.SchemaNode(
        colander.String(allow_empty=True), title=_("Network address of the sign-in")
    )
    user_agent = colander.SchemaNode(colander.String(allow_empty=True), title=_("Browser of the sign-in"))


class SessionItems(colander.SequenceSchema):
    session = SessionReply(title=_("Session"))


class SessionList(colander.MappingSchema):
    """A page of one's sessions, newest first."""

    items = SessionItems(title=_("Sessions"))
    next_cursor = colander.SchemaNode(
        colander.String(), title=_("Where the next page begins; null at the end"), missing=None
    )
