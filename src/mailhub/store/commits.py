"""Committing so that one knows what happened when it fails."""

import errno
from typing import Any

from transaction.interfaces import TransientError
from ZODB.POSException import ConflictError, ReadOnlyError, StorageError

_DISK_TROUBLE = frozenset(
    {
        errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.ENXIO, errno.ENODEV,
        errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOMEM,
    }
)  # fmt: skip


class FinishingFailed(Exception):
    """A commit failed after its vote: whether it is stored has to be looked up. The cause is ``__cause__``."""


def is_conflict(error: BaseException) -> bool:
    """True for what goes away when the transaction is run again."""
    return isinstance(error, ConflictError) or (
        isinstance(error, TransientError) and not is_storage_failure(error)
    )


def is_storage_failure(error: BaseException) -> bool:
    """True when the storage is to blame and not the code that ran in the transaction."""
    if isinstance(error, OSError):
        return error.errno in _DISK_TROUBLE or isinstance(error, ConnectionError | TimeoutError)
    return isinstance(error, StorageError | ReadOnlyError)


def commit(transaction_manager: Any) -> None:
    """Commit the manager's transaction.

    Raises FinishingFailed when it may or may not be stored; any other exception means that it is not.
    """
    witness = _VoteWitness(transaction_manager)
    transaction_manager.get().join(witness)
    try:
        transaction_manager.commit()
    except BaseException as error:
        if witness.has_seen_all_votes and not is_conflict(error):
            raise FinishingFailed(str(error)) from error
        raise


class _VoteWitness:
    """A data manager that stores nothing: it sorts last, so its vote comes when all others have voted."""

    def __init__(self, transaction_manager: Any) -> None:
        self.transaction_manager = transaction_manager
        self.has_seen_all_votes = False

    def sortKey(self) -> str:  # noqa: N802 - the name that transaction calls
        return "~~~ last"

    def tpc_vote(self, transaction: Any) -> None:
        self.has_seen_all_votes = True

    def _nothing(self, transaction: Any) -> None:
        """There is nothing to do in the other phases."""

    abort = tpc_begin = commit = tpc_finish = tpc_abort = _nothing
