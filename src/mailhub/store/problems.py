"""What the store refuses to do, each with a sentence that says what to do about it."""

from mailhub.errors import HubError


class StoreProblem(HubError):
    """Base of the store's own refusals; most of them stop the start of a program."""

    code = "store.problem"


class UnsupportedStore(StoreProblem):
    """The address of the database names a kind that this program cannot open."""

    code = "store.unsupported"


class DatabaseLocked(StoreProblem):
    """Another process has the database file open."""

    code = "store.locked"


class NotSetUp(StoreProblem):
    """There is a database, but no hub in it."""

    code = "store.not_set_up"


class FormatTooNew(StoreProblem):
    """The data need newer code than this."""

    code = "store.format_too_new"


class WriterNumberTaken(StoreProblem):
    """Somebody else holds the writer number, or took it over."""

    code = "store.writer_number_taken"


class KeyUnusable(StoreProblem):
    """A secret key is missing, malformed or open to others."""

    code = "store.key_unusable"


class SecretUnreadable(StoreProblem):
    """A stored secret does not open: wrong key, changed, or moved from another record."""

    code = "secret.unreadable"


class ContentDamaged(StoreProblem):
    """Stored bytes no longer have the SHA-256 that they were accepted with."""

    code = "content.damaged"


class ContentGone(StoreProblem):
    """Stored bytes have been deleted since somebody asked for them."""

    code = "content.gone"


class CommandFailed(StoreProblem):
    """A write command raised what it must not; nothing of it was stored. The cause is ``__cause__``."""

    code = "store.command_failed"


class PackFailed(StoreProblem):
    """The database could not be packed; nothing was changed."""

    code = "store.pack_failed"


class EvolvingAlready(StoreProblem):
    """Another process takes the steps of ``mailhub evolve`` at this moment."""

    code = "store.evolving"
