"""Every setting of the hub, in one frozen class.

A setting is an attribute: ``http_port`` is ``mailhub.http.port`` in an ini file and ``MAILHUB_HTTP_PORT`` in the
environment, which wins. To add one, add an attribute to its group (a new group has its line in ``AREAS``); ``make
settings`` then brings the two ini files and docs/reference/settings.md up to date.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, Self, TypeVar

from mailhub.contract.texts import Text, TranslationString, _, plain
from mailhub.setting_kinds import (
    Choice,
    Decimal,
    HostName,
    Kind,
    Names,
    SecretWords,
    Size,
    Switch,
    Whole,
    Words,
    WrongValue,
)

__all__ = ["AREAS", "SETTINGS", "Setting", "Settings", "SettingsError"]

T = TypeVar("T")

_KB, _MB, _GB = 1024, 1024**2, 1024**3


class SettingsError(Exception):
    """The settings cannot be used; ``problems`` names every wrong one, each with what was expected."""

    def __init__(self, problems: Sequence[Text]) -> None:
        super().__init__("\n".join(plain(problem) for problem in problems))
        self.problems = tuple(problems)


def _setting(kind: Kind[T], default: T, doc: TranslationString) -> T:
    """One setting as a dataclass field; a secret one is left out of ``repr``."""
    made: Any = field(
        default=default, repr=not isinstance(kind, SecretWords), metadata={"kind": kind, "doc": doc}
    )
    return made  # type: ignore[no-any-return]  # a Field that dataclass() turns into a T, as dataclasses.field is typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one hub. ``Settings()`` holds the defaults; ``load`` reads ini file and environment."""

    environment: str = _setting(
        Choice(("production", "sandbox")),
        "production",
        _(
            "Whether real people get the mail. A sandbox marks itself as one and may relax rules that protect them."
        ),
    )

    # data
    data_dir: str = _setting(
        Words(),
        "var",
        _("Folder of the embedded database, blobs, secret key, captured mail and the command line's socket."),
    )

    # store
    store_uri: str = _setting(
        Words(),
        "",
        _("Address of the database, such as file:///srv/mailhub/hub.fs. Empty: a file in the data folder."),
    )
    store_sessions_uri: str = _setting(
        Words(),
        "",
        _(
            "Address of the sessions at the pages, such as file:///run/mailhub/sessions.fs or memory://. "
            "Empty: a file in the data folder."
        ),
    )

    # secrets
    secrets_key: str = _setting(
        SecretWords(),
        "",
        _("The secret key itself, 32 bytes in base64; meant for the environment. Empty: the key file."),
    )
    secrets_key_file: str = _setting(
        Words(),
        "",
        _("File of the secret key, readable by its owner only. Empty: secret.key in the data folder."),
    )

    # http
    http_host: str = _setting(Words(), "127.0.0.1", _("Address to listen on."))
    http_port: int = _setting(Whole(0, 65535), 6543, _("Port to listen on; 0 takes a free one."))
    http_threads: int = _setting(Whole(1, 256), 16, _("Requests answered at the same time."))
    http_max_json_bytes: int = _setting(
        Size(64 * _KB, _GB), 32 * _MB, _("Largest JSON body; bigger content goes by an upload.")
    )
    http_calls_per_minute: int = _setting(
        Whole(0, 1_000_000),
        0,
        _("Calls of the API that a user may make in a minute, by each process. 0 sets no limit."),
    )
    http_trusted_proxy: str = _setting(
        Words(),
        "",
        _("Address of the reverse proxy whose X-Forwarded headers are believed. Empty: nobody's."),
    )

    # sessions
    sessions_idle_minutes: float = _setting(
        Decimal(1, 1440), 60.0, _("Minutes after which somebody who did nothing at the pages is signed out.")
    )
    sessions_longest_hours: float = _setting(
        Decimal(0.1, 720), 12.0, _("Hours after which a sign-in at the pages ends, whatever was done.")
    )

    # pages
    pages_plain_http: str = _setting(
        Choice(("loopback", "never")),
        "loopback",
        _("Where people may sign in without HTTPS: on the machine of the hub itself, or nowhere."),
    )

    # delivery
    delivery_embedded: bool = _setting(
        Switch(),
        True,
        _("Send mail in the process that answers requests. Off: it is accepted only, and waits."),
    )
    delivery_threads: int = _setting(
        Whole(1, 512), 16, _("Sending sessions open at the same time, over all accounts of a process.")
    )
    delivery_drain_seconds: float = _setting(
        Decimal(0, 3600),
        30.0,
        _("Seconds that a stopping process gives its open sending sessions to end by themselves."),
    )
    delivery_lease_seconds: float = _setting(
        Decimal(5, 600), 30.0, _("Seconds after which a worker that gave no sign of life is taken for dead.")
    )

    # retry
    retry_first_seconds: float = _setting(
        Decimal(0.01, 86400), 60.0, _("Seconds before the second attempt; each later wait is longer.")
    )
    retry_cap_seconds: float = _setting(
        Decimal(0.01, 7 * 86400), 3600.0, _("Longest wait between two attempts, in seconds.")
    )

    # message
    message_max_recipients: int = _setting(
        Whole(1, 100_000), 500, _("Recipients of one message: to, cc and bcc together.")
    )
    message_max_subject_characters: int = _setting(Whole(78, 100_000), 2048, _("Characters of a subject."))
    message_max_attachment_bytes: int = _setting(Size(1, 2 * _GB), 100 * _MB, _("Largest single attachment."))
    message_max_bytes: int = _setting(
        Size(64 * _KB, 4 * _GB),
        150 * _MB,
        _("Largest message: bodies and attachments together, before encoding."),
    )

    # uploads
    uploads_expire_hours: float = _setting(
        Decimal(0.01, 8760),
        24.0,
        _("Hours after which an upload that no message uses, or that does not go on, is deleted."),
    )
    uploads_max_unfinished: int = _setting(
        Whole(1, 100_000), 50, _("Resumable uploads that one user may have begun and not finished.")
    )
    uploads_max_unfinished_bytes: int = _setting(
        Size(1, 1024 * _GB), 2 * _GB, _("Size that these may have together, counted as announced.")
    )

    # network
    network_allow_private_hosts: bool = _setting(
        Switch(), True, _("Allow mail servers at private and loopback addresses.")
    )

    # smtp
    smtp_ehlo_name: str = _setting(
        HostName(),
        "",
        _("Full host name given to mail servers in EHLO. Empty: the address of each connection."),
    )

    # plugins
    plugins_disabled: tuple[str, ...] = _setting(
        Names(), (), _("Entry points of the group `mailhub` that are not loaded although they are installed.")
    )
    plugins_notify_seconds: float = _setting(
        Decimal(0.01, 600),
        30.0,
        _("Seconds a plugin may take over a notification before it is given up and gets no more."),
    )

    # log
    log_level: str = _setting(
        Choice(("debug", "info", "warning", "error")), "info", _("Least severity that is logged.")
    )
    log_format: str = _setting(
        Choice(("json", "text")), "json", _("One JSON object a line for machines, or plain lines for people.")
    )

    @classmethod
    def load(cls, ini: Mapping[str, str], environ: Mapping[str, str]) -> Self:
        """Settings of an ini section and the environment, which wins; other names than ``mailhub.`` are passed over.

        Raises ``SettingsError`` that names every unknown and every wrong setting.
        """
        values, problems = _read(ini, environ)
        made = cls(**values)
        problems += [*_unknown(ini, environ), *_contradictions(made)]
        if problems:
            raise SettingsError(problems)
        return made


AREAS: dict[str, TranslationString] = {
    "environment": _("What the hub is for."),
    "data": _("Where everything lies."),
    "store": _("The database."),
    "secrets": _("The key that stored passwords are encrypted with."),
    "http": _("The server that `mailhub serve` runs."),
    "sessions": _("Signing in at the pages."),
    "pages": _("The pages."),
    "delivery": _("The work of sending."),
    "retry": _("When a send that failed for now is tried again."),
    "message": _("What one message may hold."),
    "uploads": _("Files sent ahead of the message that uses them."),
    "network": _("Where connectors may connect to."),
    "smtp": _("How the hub speaks to mail servers."),
    "plugins": _("The distributions installed beside the hub."),
    "log": _("What the process says on standard error."),
}
"""What the settings of each area are about, in the order of the reference."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known about one setting: for the loader, the ini files and the reference."""

    attribute: str
    kind: Kind[object]
    default: object
    doc: TranslationString

    @property
    def area(self) -> str:
        """The group it belongs to: the word behind ``mailhub.``."""
        return self.attribute.partition("_")[0]

    @property
    def ini_name(self) -> str:
        return f"mailhub.{self.attribute.replace('_', '.', 1)}"

    @property
    def environment_name(self) -> str:
        return f"MAILHUB_{self.attribute.upper()}"

    @property
    def default_text(self) -> str:
        """The default as an ini file would hold it."""
        return self.kind.show(self.default)

    @property
    def is_secret(self) -> bool:
        return isinstance(self.kind, SecretWords)


def _described(attribute: Field[Any]) -> Setting:
    return Setting(attribute.name, attribute.metadata["kind"], attribute.default, attribute.metadata["doc"])


SETTINGS: tuple[Setting, ...] = tuple(_described(attribute) for attribute in fields(Settings))
"""Every setting, grouped by area, in the order of the reference."""


def _read(ini: Mapping[str, str], environ: Mapping[str, str]) -> tuple[dict[str, Any], list[Text]]:
    values: dict[str, Any] = {}
    problems: list[Text] = []
    for setting in SETTINGS:
        for name, source in ((setting.environment_name, environ), (setting.ini_name, ini)):
            if name in source:
                try:
                    values[setting.attribute] = setting.kind.parse(source[name].strip())
                except WrongValue as error:
                    problems.append(_wrong(name, source[name], setting, error))
                break
    return values, problems


def _wrong(name: str, text: str, setting: Setting, error: WrongValue) -> Text:
    if setting.is_secret:
        return _("${name}: ${why}", mapping={"name": name, "why": plain(error.message)})
    return _("${name} = ${text}: ${why}", mapping={"name": name, "text": text, "why": plain(error.message)})


def _unknown(ini: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[Text]:
    """Names nobody reads. In the environment only those in one of our areas: others use our prefix for their own."""
    known = {setting.ini_name for setting in SETTINGS}
    for name in ini:
        if name.startswith("mailhub.") and name not in known:
            yield _misspelt(name, known)
    variables = {setting.environment_name for setting in SETTINGS}
    areas = tuple(
        f"MAILHUB_{setting.area.upper()}_" for setting in SETTINGS if setting.area != setting.attribute
    )
    for name in environ:
        if name.startswith(areas) and name not in variables:
            yield _misspelt(name, variables)


def _misspelt(name: str, known: set[str]) -> Text:
    nearest = difflib.get_close_matches(name, sorted(known), n=1)
    if not nearest:
        return _("${name}: there is no such setting", mapping={"name": name})
    return _(
        "${name}: there is no such setting; did you mean ${nearest}?",
        mapping={"name": name, "nearest": nearest[0]},
    )


def _contradictions(settings: Settings) -> Iterator[Text]:
    """Values that are each right, but not together."""
    if settings.retry_cap_seconds < settings.retry_first_seconds:
        yield _("mailhub.retry.cap_seconds is less than mailhub.retry.first_seconds")
    if settings.message_max_bytes < settings.message_max_attachment_bytes:
        yield _("mailhub.message.max_bytes is less than mailhub.message.max_attachment_bytes")
    if settings.store_sessions_uri == settings.store_uri != "" and settings.store_uri != "memory://":
        yield _("mailhub.store.sessions_uri is the same as mailhub.store.uri")
