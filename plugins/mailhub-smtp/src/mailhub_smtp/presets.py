"""Settings that a form fills in at one click."""

from mailhub.contract import Preset

from .texts import _

PRESETS = (
    Preset(
        "microsoft365",
        _("Microsoft 365"),
        {"server": "smtp.office365.com", "port": 587, "security": "starttls", "authentication": "oauth2"},
        _(
            "Microsoft is retiring user name and password, so OAuth 2.0 is proposed. Until it can be used here, choose the "
            "Microsoft 365 connector, or user name and password: with two-factor sign-in that must be an app password, and "
            "SMTP AUTH must be allowed for the mailbox."
        ),
    ),
    Preset(
        "gmail",
        _("Gmail and Google Workspace"),
        {"server": "smtp.gmail.com", "port": 587, "security": "starttls", "authentication": "basic"},
        _("Switch on 2-Step Verification, make an app password, and use it as the password here."),
    ),
    Preset(
        "local-capture",
        _("Capture server on this machine"),
        {"server": "127.0.0.1", "port": 1025, "security": "none", "authentication": "anonymous"},
        _('Start it with "mailhub capture". It shows what it gets and sends nothing on.'),
    ),
)
