"""The settings of an SMTP account: one pure schema for the form, the API and its OpenAPI document."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import colander

from mailhub.contract import SenderSettings, Settings, UncertainSettings
from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import Text

from .texts import _

SECURITY = ("none", "starttls", "tls")
AUTHENTICATION = ("anonymous", "basic", "ntlm", "oauth2")
NOT_YET = frozenset({"ntlm", "oauth2"})
WITH_PASSWORD = ("basic", "ntlm")
WITH_TLS = ("starttls", "tls")

# a name or an IPv4 address, without a port; or an IPv6 address
_HOST = (
    r"^(?:[^\x00-\x20\x7f/@?#\\\[\]<>\"':]{1,250}"
    r"|(?=[^:]{0,4}:[^:]{0,4}:)[0-9A-Fa-f:.]{2,60}(?:%[0-9A-Za-z_.-]{1,30})?)$"
)
_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"


class SettingInvalid(colander.Invalid):
    """A mistake with a code of its own, which the hub passes on."""

    def __init__(self, node: colander.SchemaNode, message: Text, code: str) -> None:
        super().__init__(node, message)
        self.code = code


def bare_host(value: object) -> object:
    """The host of what people paste: without ``https://``, brackets, a slash at the end and spaces."""
    if not isinstance(value, str):
        return value
    host = value.strip()
    for scheme in ("http://", "https://"):
        if host.lower().startswith(scheme):
            host = host[len(scheme) :]
    return host.rstrip("/").removeprefix("[").removesuffix("]").strip()


def trimmed(value: object) -> object:
    """Without spaces at both ends."""
    return value.strip() if isinstance(value, str) else value


class ServerSettings(colander.MappingSchema):
    """Which server, how to reach it safely, and how to sign in."""

    server = colander.SchemaNode(
        colander.String(),
        title=_("Server"),
        preparer=bare_host,
        validator=colander.All(
            colander.Length(min=1, max=250),
            colander.Regex(_HOST, msg=_("This is not the name or address of a server.")),
        ),
        **hint.example("smtp.example.com"),
    )
    port = colander.SchemaNode(
        colander.Integer(),
        title=_("Port"),
        missing=587,
        validator=colander.Range(min=1, max=65535),
        **hint.help_text(_("587 with STARTTLS, 465 with TLS, 25 for a relay in your own network.")),
    )
    security = colander.SchemaNode(
        colander.String(),
        title=_("Security"),
        missing="starttls",
        validator=colander.OneOf(SECURITY),
        **hint.choice(
            ("none", _("None")),
            ("starttls", _("STARTTLS, required")),
            ("tls", _("TLS from the start")),
        ),
        **hint.help_text(
            _("With STARTTLS nothing is ever sent in plain text, also when the server does not offer it.")
        ),
    )
    authentication = colander.SchemaNode(
        colander.String(),
        title=_("Authentication"),
        missing="basic",
        validator=colander.OneOf(AUTHENTICATION),
        **hint.choice(
            ("anonymous", _("None")),
            ("basic", _("User name and password")),
            ("ntlm", _("NTLM (not yet)")),
            ("oauth2", _("OAuth 2.0 (not yet)")),
        ),
    )
    user_name = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("User name"),
        missing="",
        preparer=trimmed,
        validator=colander.All(colander.Length(max=250), colander.Regex(_NO_CONTROLS)),
        **hint.visible_when("authentication", *WITH_PASSWORD),
    )
    password = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Password"),
        missing=None,
        validator=colander.All(colander.Length(max=1000), colander.Regex(_NO_CONTROLS)),
        **hint.secret(bound_to=("server", "port", "user_name")),
        **hint.visible_when("authentication", *WITH_PASSWORD),
    )
    ca_file = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Own certificate authority"),
        missing=None,
        preparer=trimmed,
        validator=colander.Length(max=200_000),
        **hint.multiline(),
        **hint.help_text(
            _(
                "Certificates in PEM form, or the path of a PEM file on the hub's machine. They replace the system's own."
            )
        ),
        **hint.visible_when("security", *WITH_TLS),
    )
    verify_certificate = colander.SchemaNode(
        colander.Boolean(),
        title=_("Verify the server's certificate"),
        missing=True,
        **hint.help_text(_("May be switched off in a sandbox environment only.")),
        **hint.visible_when("security", *WITH_TLS),
    )


# colander lists the settings of the last base first
class SmtpSettingsSchema(UncertainSettings, SenderSettings, ServerSettings):
    """All settings of an SMTP account, flat."""

    @hint.described_as({})  # rules over several settings, with sentences of their own
    def validator(self, node: colander.SchemaNode, settings: dict[str, Any]) -> None:
        """Rules over several settings. Raises colander.Invalid with every mistake found."""
        mistakes = colander.Invalid(node)
        for name, message, code in _mistakes(settings):
            child = node[name]
            mistakes.add(SettingInvalid(child, message, code), node.children.index(child))
        if mistakes.children:
            raise mistakes


def _mistakes(settings: Settings) -> Sequence[tuple[str, Text, str]]:
    authentication = settings["authentication"]
    if authentication in NOT_YET:
        sentence = _(
            "This version of the SMTP connector cannot sign in this way yet; a later one will. "
            "Use a user name and a password, or none."
        )
        return [("authentication", sentence, "settings.not_yet")]
    if authentication == "basic" and not settings["user_name"]:
        return [("user_name", _("Signing in needs a user name."), "schema.required")]
    return []


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SmtpAccount:
    """The settings as the connector uses them. Has no repr, so that the password gets into no log."""

    server: str
    port: int = 587
    security: str = "starttls"
    authentication: str = "basic"
    user_name: str = ""
    password: str = ""
    ca_file: str = ""
    verify_certificate: bool = True

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Take what is there; what an older version did not store has its default."""
        own = {name: settings[name] for name in cls.__slots__ if settings.get(name) is not None}
        return cls(**own)
