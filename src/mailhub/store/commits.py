"""Committing so that one knows what happened when it fails."""

import errno
import logging
from typing import Any

from transaction import TransactionManager
from transaction.interfaces import TransientError
from ZODB.POSException import ConflictError, ReadOnlyError, StorageError

from mailhub.contract.texts import _
from mailhub.errors import OutcomeUnknown, StorageUnavailable

logger = logging.getLogger(__name__)

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
    current = transaction_manager.get()
    current.join(witness)
    try:
        current.commit()
    except BaseException as error:
        if witness.has_seen_all_votes and not is_conflict(error):
            raise FinishingFailed(str(error)) from error
        raise


def unavailable(error: BaseException) -> StorageUnavailable:
    """What callers get when the storage failed and nothing was done."""
    if type(error) is StorageUnavailable:
        return error
    return not_now(str(error))


def not_now(reason: str) -> StorageUnavailable:
    """The same, for a reason that was found earlier."""
    return StorageUnavailable(
        _("The database cannot be used now: ${reason}. Nothing was done.", mapping={"reason": reason})
    )


def in_doubt() -> OutcomeUnknown:
    """What callers get when it may have been done."""
    return OutcomeUnknown(
        _(
            "The database failed while it stored this. It may have been done: look, or ask again with the same key."
        )
    )


class RequestManager(TransactionManager):
    """An explicit manager for a request's transaction, whose commit says what became of it.

    Its ``commit`` raises OutcomeUnknown, StorageUnavailable, or a conflict, which is to be run again.
    """

    def __init__(self) -> None:
        super().__init__(explicit=True)

    def commit(self) -> None:
        try:
            commit(self)
        except FinishingFailed as error:
            logger.exception("A request's commit failed while finishing")
            raise in_doubt() from error
        except Exception as error:
            if is_storage_failure(error):
                logger.exception("The storage failed in a request's commit")
                raise unavailable(error) from error
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
