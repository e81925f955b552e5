"""Settings that may be saved but that an administrator should know of."""

from collections.abc import Iterator, Sequence

from mailhub.contract import Settings, SettingsNotice

from .texts import _

MICROSOFT_DOMAINS = ("office365.com", "outlook.com", "outlook.office365.us", "partner.outlook.cn")


def is_microsoft(server: str) -> bool:
    """True for the submission hosts of Exchange Online and Outlook.com."""
    host = server.lower().rstrip(".")
    return any(host == domain or host.endswith("." + domain) for domain in MICROSOFT_DOMAINS)


def notices(settings: Settings) -> Sequence[SettingsNotice]:
    """All warnings for these settings."""
    return tuple(_iter_notices(settings))


def _iter_notices(settings: Settings) -> Iterator[SettingsNotice]:
    with_password = settings.get("authentication") == "basic"
    if with_password and settings.get("security") == "none":
        yield PASSWORD_WITHOUT_TLS
    if with_password and is_microsoft(str(settings.get("server", ""))):
        yield BASIC_IS_RETIRED
    if settings.get("verify_certificate") is False and settings.get("security") != "none":
        yield CERTIFICATE_NOT_VERIFIED


PASSWORD_WITHOUT_TLS = SettingsNotice(
    "smtp.password_without_tls",
    _(
        "Without TLS the password is sent to servers on this machine only; elsewhere the server must offer CRAM-MD5, "
        "and the mail itself can be read on its way. Choose STARTTLS or TLS."
    ),
    "security",
)
BASIC_IS_RETIRED = SettingsNotice(
    "smtp.basic_is_retired",
    _(
        "Microsoft is retiring user name and password for sending mail. Use OAuth 2.0, or an account of the Microsoft 365 "
        "connector; with two-factor sign-in an app password is needed until then."
    ),
    "authentication",
)
CERTIFICATE_NOT_VERIFIED = SettingsNotice(
    "smtp.certificate_not_verified",
    _(
        "The server's certificate is not verified: anybody between here and the server can read mail and password."
    ),
    "verify_certificate",
    only_in_sandbox=True,
)
