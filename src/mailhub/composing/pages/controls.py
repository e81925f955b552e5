"""What the controls of the sheet hold, and what of a draft that changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from mailhub.errors import FieldError, Invalid
from mailhub.messages.model import Message, StoredAttachment
from mailhub.messages.presenting import text_of
from mailhub.messages.schema import DraftChanges, MessageFields
from mailhub.strict_values import strict_values
from mailhub.web.forms.address_texts import split_addresses
from mailhub.web.forms.widgets.base import Wrong
from mailhub.web.forms.widgets.times import local_text, read_moment
from mailhub.web.request import PageRequest

from .pictures import linked

ADDRESSES: Final[tuple[str, ...]] = ("to", "cc", "bcc", "reply_to")
TEXTS: Final[tuple[str, ...]] = (
    *ADDRESSES,
    "from",
    "subject",
    "importance",
    "send_at",
    "tags",
    "html",
    "text",
)
BY_ACCOUNT, BY_SCENARIO = "account.", "scenario."
_DIGEST_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Typed:
    """What was posted. ``texts``: the controls that came along, by name; a control that is not among them changes nothing.

    ``kept``: the draft's files that stay (``key_of``); None where the page did not say. ``uploads``: new ones.
    ``wants_files``: those of the scenario, asked of a message that is no draft yet.
    """

    texts: Mapping[str, str]
    kept: tuple[str, ...] | None = None
    uploads: tuple[str, ...] = ()
    wants_files: bool = True


def typed_in(request: PageRequest) -> Typed:
    """The controls of the form, files aside."""
    given = {name for name, _value in request.posted}
    texts = {name: request.posted_value(name).replace("\r\n", "\n") for name in TEXTS if name in given}
    kept = tuple(request.posted_all("keep")) if "files" in given else None
    wants_files = "default_files" not in given or bool(request.posted_value("wants_files"))
    return Typed(texts, kept, tuple(request.posted_all("upload")), wants_files)


def new_message(typed: Typed, zone: ZoneInfo) -> Mapping[str, Any]:
    """The fields of ``MessageFields`` for a draft that is not there yet. Raises ``Invalid``."""
    changes, errors = _changes(typed, zone, None)
    changes |= {"draft": True, "include_default_attachments": typed.wants_files}
    return _read(MessageFields(), changes, errors, partial=False)


def draft_changes(typed: Typed, zone: ZoneInfo, draft: Message) -> Mapping[str, Any]:
    """The fields of ``DraftChanges`` for this draft. Raises ``Invalid``."""
    changes, errors = _changes(typed, zone, draft)
    return _read(DraftChanges(), changes, errors, partial=True)


def _read(
    schema: Any, changes: Mapping[str, Any], errors: list[FieldError], *, partial: bool
) -> Mapping[str, Any]:
    try:
        read: Mapping[str, Any] = strict_values(schema, changes, partial=partial)
    except Invalid as refused:
        errors = [*errors, *refused.errors]
    if errors:
        raise Invalid(errors)
    return read


def _changes(typed: Typed, zone: ZoneInfo, draft: Message | None) -> tuple[dict[str, Any], list[FieldError]]:
    """As the API's callers would write them."""
    texts, errors = typed.texts, list[FieldError]()
    changes: dict[str, Any] = {name: texts[name] for name in ("subject", "importance") if name in texts}
    changes |= {name: split_addresses(texts[name]) for name in ADDRESSES if name in texts}
    if "tags" in texts:
        changes["tags"] = [tag for each in texts["tags"].split(",") if (tag := each.strip())]
    changes |= _way(texts, draft)
    changes |= _body(texts, draft)
    if "send_at" in texts and (moment := _moment(texts["send_at"].strip(), zone, draft)) is not _SAME:
        if isinstance(moment, Wrong):
            errors.append(FieldError("/send_at", moment.code, moment.message))
        else:
            changes["send_at"] = moment
    files = list(_iter_files(typed, draft))
    if typed.kept is not None or files:
        changes["attachments"] = files
    return changes, errors


# -- from --------------------------------------------------------------------------------------------------------------


def way_of(scenario: str, account: str | None) -> str:
    """What the control From holds: an account that the message names, otherwise its scenario."""
    return f"{BY_ACCOUNT}{account}" if account else f"{BY_SCENARIO}{scenario}"


def _way(texts: Mapping[str, str], draft: Message | None) -> dict[str, Any]:
    """An account that is chosen sends what the message is for; a scenario chooses its account."""
    way = texts.get("from", "")
    if draft is not None and way == way_of(draft.scenario, draft.account_id):
        return {}
    if way.startswith(BY_ACCOUNT):
        return {"account": way.removeprefix(BY_ACCOUNT)}
    if way.startswith(BY_SCENARIO):
        return {"scenario": way.removeprefix(BY_SCENARIO), "account": None}
    return {}


# -- text --------------------------------------------------------------------------------------------------------------


def _body(texts: Mapping[str, str], draft: Message | None) -> dict[str, Any]:
    """Formatted text or plain text; one that is as it was stays, with the other that it may have beside it."""
    for name, other in (("html", "text"), ("text", "html")):
        if name not in texts:
            continue
        value = linked(texts[name]) if name == "html" else texts[name]
        stored = None if draft is None else text_of(getattr(draft.content, name))
        if stored is not None and stored.replace("\r\n", "\n") == value:
            return {}
        return {name: value, other: None}
    return {}


# -- send later --------------------------------------------------------------------------------------------------------

_SAME: Final = object()


def _moment(text: str, zone: ZoneInfo, draft: Message | None) -> Any:
    stored: datetime | None = None if draft is None else draft.send_at
    if stored is not None and local_text(stored, zone) == text:
        return _SAME
    return read_moment(text, zone) if text else None


# -- files -------------------------------------------------------------------------------------------------------------


def key_of(number: int, file: StoredAttachment) -> str:
    """What stands for a file on the page: it finds the same one after others were added or removed."""
    return f"{number}-{file.content.sha256[:_DIGEST_CHARACTERS]}"


def _iter_files(typed: Typed, draft: Message | None) -> Iterator[dict[str, Any]]:
    files = () if draft is None else draft.content.attachments
    left = dict(enumerate(files))
    for key in typed.kept or () if draft is not None else ():
        if (number := _find(key, left)) is not None:
            del left[number]
            yield {"n": number}
    if typed.kept is None:
        yield from ({"n": number} for number in left if typed.uploads)
    yield from ({"upload": each} for each in dict.fromkeys(typed.uploads))


def _find(key: str, files: Mapping[int, StoredAttachment]) -> int | None:
    """The file that had this number, else another with the same content."""
    text, _dash, digest = key.partition("-")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    candidates = sorted(files, key=lambda each: (each != number, each))
    return next(
        (each for each in candidates if digest and files[each].content.sha256.startswith(digest)), None
    )
