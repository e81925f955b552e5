"""Revisions: ETag and If-Match (RFC 9110 13.1.1), so that nobody overwrites what he has not seen."""

import re

from mailhub.contract.texts import _
from mailhub.errors import RevisionMissing, RevisionStale

_TAG = re.compile(r'\s*(W/)?(?:"([^"]*)"|([^\s",]+))\s*(?:,|$)')


def entity_tag(revision: str) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'


def header_revision(header: str | None) -> str | None:
    """The first revision in an If-Match header, without quotes."""
    revisions = _revisions(header or "")
    return revisions[0] if revisions else None


def check_revision(header: str | None, actual: str, *, is_required: bool) -> None:
    """Raises ``RevisionMissing`` for no header where one is required, ``RevisionStale`` when it names another revision.

    Quoted or bare, a list, or ``*``; weak tags never match (RFC 9110 8.8.3.2).
    """
    if header is None or not header.strip():
        if is_required:
            raise RevisionMissing(_("Say which revision you have seen: send its value in If-Match."))
        return
    revisions = _revisions(header)
    if "*" not in revisions and actual not in revisions:
        raise RevisionStale(_("Somebody else has changed this meanwhile. Read it again, then change it."))


def _revisions(header: str) -> list[str]:
    """All strong tags of a header; nothing at all when a part of it is not a tag."""
    found, end = [], 0
    while end < len(header) and (match := _TAG.match(header, end)):
        end = match.end()
        if not match[1]:
            found.append(match[2] if match[2] is not None else match[3])
    return found if end == len(header) else []
