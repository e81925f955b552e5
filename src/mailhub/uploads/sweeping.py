"""Forgetting uploads that nobody used or finished in time, and files that no record names."""

from datetime import datetime, timedelta

from mailhub.store.database import Database
from mailhub.store.root import HubRoot

from .model import uploads_of

SWEEP_AT_MOST = 500


def sweep_expired(database: Database, now: datetime, unused: timedelta) -> int:
    """Forget, of whole and of unfinished ones, those that nobody has touched for so long; returns how many.

    Messages keep what they use. One call takes ``SWEEP_AT_MOST`` of each kind.
    """
    since = now - unused
    whole = database.transact(lambda hub: _forget_whole(hub, since), "expire uploads")
    unfinished = database.transact(lambda hub: _forget_unfinished(hub, since), "expire uploads")
    _remove_files(database, unfinished, since)
    return max(whole, len(unfinished))


def _forget_whole(hub: HubRoot, since: datetime) -> int:
    uploads = uploads_of(hub)
    over = [upload.id for upload in uploads.by_id.values() if upload.used_at <= since][:SWEEP_AT_MOST]
    for upload_id in over:
        del uploads.by_id[upload_id]
    return len(over)


def _forget_unfinished(hub: HubRoot, since: datetime) -> list[str]:
    uploads = uploads_of(hub)
    over = [
        upload
        for owned in uploads.unfinished.values()
        for upload in owned.by_id.values()
        if upload.changed_at <= since
    ][:SWEEP_AT_MOST]
    for upload in over:
        owned = uploads.unfinished_of(upload.owner_id)
        owned.remove(upload)
        if not owned.count:
            del uploads.unfinished[upload.owner_id]
    return [upload.id for upload in over]


def _remove_files(database: Database, forgotten: list[str], since: datetime) -> None:
    """Those of forgotten uploads, and what a process left that died between a file and its record."""
    files = database.partial_files()
    for name in forgotten:
        files.remove(name)
    untouched = list(files.iter_untouched(since))
    if not untouched:
        return
    with database.reading() as hub:
        named = {key for owned in uploads_of(hub).unfinished.values() for key in owned.by_id}
    for name in untouched:
        if name not in named:
            files.remove(name)
