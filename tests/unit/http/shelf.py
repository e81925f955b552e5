"""A tiny application on the shell: a shelf of boxes, with a call for every convention."""

from collections.abc import Iterator
from typing import Any

import colander
from BTrees.OOBTree import OOBTree
from persistent import Persistent
from persistent.mapping import PersistentMapping

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _
from mailhub.errors import NotFound, TooManyRequests, WrongState
from mailhub.http.endpoint import (
    ApiRequest,
    Reply,
    accepted,
    created,
    endpoint,
    file_reply,
    no_content,
)
from mailhub.http.paging import PageQuery
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission, granted_by
from mailhub.schema_types import JsonObject
from mailhub.store import kept_answers
from mailhub.store.root import HubRoot


class Box(Persistent):
    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self.changes = 1


class Tags(colander.SequenceSchema):
    tag = colander.SchemaNode(colander.String(), validator=colander.Length(max=10))


class NewBox(colander.MappingSchema):
    name = colander.SchemaNode(colander.String(), validator=colander.Length(max=20))
    size = colander.SchemaNode(colander.Integer(), missing=1, validator=colander.Range(min=1, max=10))
    tags = Tags(missing=())


class BoxReply(colander.MappingSchema):
    name = colander.SchemaNode(colander.String())
    size = colander.SchemaNode(colander.Integer())
    revision = colander.SchemaNode(colander.String())


class Boxes(colander.SequenceSchema):
    box = BoxReply()


class BoxList(colander.MappingSchema):
    items = Boxes()
    next_cursor = colander.SchemaNode(colander.String(), missing=None)


class BoxQuery(PageQuery):
    big = colander.SchemaNode(colander.Boolean(), missing=None)


class Holder(colander.MappingSchema):
    connector = colander.SchemaNode(colander.String())
    settings = colander.SchemaNode(colander.Mapping(), missing={}, **hint.settings_of("connector"))


class Counted(colander.MappingSchema):
    count = colander.SchemaNode(colander.Integer())


def Anything() -> colander.SchemaNode:  # noqa: N802 - a schema's name
    return colander.SchemaNode(JsonObject())


class PostSettings(colander.MappingSchema):
    server = colander.SchemaNode(colander.String())
    authentication = colander.SchemaNode(
        colander.String(), missing="anonymous", validator=colander.OneOf(["anonymous", "basic"])
    )
    password = colander.SchemaNode(
        colander.String(), missing=None, **hint.secret(), **hint.visible_when("authentication", "basic")
    )


class FileSettings(colander.MappingSchema):
    folder = colander.SchemaNode(colander.String(), **hint.example("outgoing"))


def _boxes(request: ApiRequest) -> Any:
    return request.work.root.boxes


def _box(request: ApiRequest) -> Box:
    box = _boxes(request).get(request.path["name"])
    if not isinstance(box, Box):
        raise NotFound(_("There is no such box."), code="account.not_found")
    return box


def _shown(box: Box) -> dict[str, Any]:
    return {"name": box.name, "size": box.size, "revision": f"r{box.changes}"}


@endpoint(
    "GET",
    "/boxes",
    permission=Permission.SETUP_READ,
    summary=_("List"),
    query=BoxQuery,
    replies={200: BoxList},
)
def list_boxes(request: ApiRequest) -> Reply:
    page = request.page
    names = [name for name in sorted(_boxes(request)) if page.position is None or name > page.position[0]]
    shown = [_shown(_boxes(request)[name]) for name in names[: page.limit]]
    return Reply(body=page.reply(shown, [names[page.limit - 1]] if len(names) > page.limit else None))


@endpoint(
    "POST",
    "/boxes",
    permission=Permission.SETUP_WRITE,
    summary=_("Make"),
    body=NewBox,
    replies={201: BoxReply},
    problems=("scenario.exists",),
)
def make_box(request: ApiRequest) -> Reply:
    values = request.body
    box = Box(values["name"], values["size"])
    _boxes(request)[box.name] = box
    if box.name == "taken":
        raise WrongState(_("Taken."), code="scenario.exists")
    if box.name == "teapot":
        return Reply(status=409, body={"tea": True})
    return created(f"/api/v1/boxes/{box.name}", _shown(box))


@endpoint("GET", "/boxes/count", permission=Permission.SETUP_READ, summary=_("Count"), replies={200: Counted})
def count_boxes(request: ApiRequest) -> Reply:
    return Reply(body={"count": len(_boxes(request))})


@endpoint(
    "GET",
    "/boxes/{name}",
    permission=Permission.SETUP_READ,
    summary=_("Read"),
    path_texts={"name": _("Its name")},
    replies={200: BoxReply},
    problems=("account.not_found",),
)
def get_box(request: ApiRequest) -> Reply:
    return Reply(body=_shown(_box(request)))


@endpoint(
    "PATCH",
    "/boxes/{name}",
    permission=Permission.SETUP_WRITE,
    summary=_("Change"),
    body=NewBox,
    replies={200: BoxReply},
    if_match="required",
    problems=("account.not_found",),
)
def change_box(request: ApiRequest) -> Reply:
    box = _box(request)
    request.check_revision(_shown(box)["revision"])
    for name, value in request.body.items():
        setattr(box, name, value)
    box.changes += 1
    return Reply(body=_shown(box))


@endpoint(
    "DELETE", "/boxes/{name}", permission=Permission.SETUP_WRITE, summary=_("Delete"), if_match="optional",
    replies={204: None},
)  # fmt: skip
def delete_box(request: ApiRequest) -> Reply:
    request.check_revision(_shown(_box(request))["revision"])
    del _boxes(request)[request.path["name"]]
    return no_content()


@endpoint(
    "POST", "/boxes/{name}/shake", permission=Permission.SELF, summary=_("Shake"), replies={202: BoxReply}
)
def shake_box(request: ApiRequest) -> Reply:
    box = _box(request)
    request.require_no_fields()
    return accepted(f"/api/v1/boxes/{box.name}", _shown(box))


@endpoint(
    "POST", "/boxes/{name}/wait", permission=Permission.SELF, summary=_("Wait"), problems=("rate_limited",)
)
def wait_box(request: ApiRequest) -> Reply:
    raise TooManyRequests(_("Later."), retry_after_seconds=1.2)


@endpoint(
    "POST",
    "/raw",
    permission=Permission.UPLOADS_WRITE,
    summary=_("Raw"),
    raw_body=True,
    replies={200: Anything},
)
def take_raw(request: ApiRequest) -> Reply:
    content = request.stream.file.read(request.stream.content_length or 0)
    return Reply(body={"size": len(content)})


@endpoint("GET", "/file", permission=Permission.SELF, summary=_("File"), raw_reply="*/*")
def get_file(request: ApiRequest) -> Reply:
    def chunks() -> Iterator[bytes]:
        yield b"<script>"
        yield b"alert()</script>"

    return file_reply(chunks(), content_type="text/html", name='Rechnung "7" é.html', size=24)


@endpoint(
    "POST",
    "/holders",
    permission=Permission.SETUP_WRITE,
    summary=_("Hold"),
    body=Holder,
    replies={201: Holder},
)
def make_holder(request: ApiRequest) -> Reply:
    return created("/api/v1/holders/1", request.body)


@endpoint("GET", "/broken", permission=Permission.SELF, summary=_("Break"))
def break_down(request: ApiRequest) -> Reply:
    raise ZeroDivisionError("the inside of the hub")


@endpoint("POST", "/conflicts", permission=Permission.SELF, summary=_("Conflict"), replies={200: Anything})
def conflict(request: ApiRequest) -> Reply:
    request.require_no_fields()
    request.registry["tries"].pop()()
    return Reply(body={"left": len(request.registry["tries"])})


@endpoint(
    "POST",
    "/conflicts/once",
    permission=Permission.SELF,
    summary=_("Conflict"),
    once=True,
    replies={200: Anything},
)
def conflict_once(request: ApiRequest) -> Reply:
    return conflict(request)


@endpoint("POST", "/fresh", permission=Permission.SELF, summary=_("Look again"), replies={200: Anything})
def look_again(request: ApiRequest) -> Reply:
    request.require_no_fields()
    _boxes(request)["lost"] = Box("lost", 1)
    request.registry["elsewhere"]()
    return Reply(body={"names": sorted(request.fresh_work().root.boxes)})


@endpoint(
    "POST",
    "/forgetful",
    permission=Permission.SELF,
    summary=_("Forget"),
    body=NewBox,
    replies={200: Anything},
)
def forget_body(request: ApiRequest) -> Reply:
    return Reply(body={})


@endpoint(
    "POST", "/forgetful/{name}", permission=Permission.SELF, summary=_("Forget"), replies={200: Anything}
)
def forget_no_body(request: ApiRequest) -> Reply:
    return Reply(body={})


@endpoint("GET", "/undeclared", permission=Permission.SELF, summary=_("Undeclared"))
def answer_undeclared(request: ApiRequest) -> Reply:
    return Reply(status=int(request.headers["Wanted"]), body={})


@endpoint("GET", "/open", permission=Permission.PUBLIC, summary=_("Open"), prefix="", replies={200: Anything})
def open_to_all(request: ApiRequest) -> Reply:
    return Reply(body={"locale": request.locale, "async": request.prefers_async})


class Doorman:
    """Knows three tokens, and the local user."""

    _SETS = {
        "setup": frozenset({"email-setup"}),
        "reader": frozenset({"email-read"}),
        "other": frozenset({"email-setup"}),
    }

    def __init__(self, root: HubRoot) -> None:
        self._root = root

    def identify(self, token: str, address: str) -> Identity | None:
        if token not in self._SETS:
            return None
        return Identity(
            user_id=token, login=token, permissions=granted_by(self._SETS[token]), address=address
        )

    def identify_local(self, login: str | None) -> Identity | None:
        return self.identify(login or "setup", "")


class MemoryDatabase:
    """A database as the shell sees it, in memory."""

    def __init__(self, db: Any) -> None:
        self.db = db
        self.discarded = 0

    def open_for(self, transaction_manager: Any) -> Any:
        return self.db.open(transaction_manager)

    def discard(self, connection: Any) -> None:
        self.discarded += 1
        connection.close()


class NoWriter:
    """The calls of this application hand no commands to a writer thread."""

    def execute(self, command: Any, timeout_seconds: float = 30.0) -> Any:
        raise AssertionError(command)


def install(hub: HubRoot) -> None:
    kept_answers.install(hub)
    hub.boxes = OOBTree()
    hub.boxes["tin"] = Box("tin", 3)
    hub.counters = PersistentMapping()
