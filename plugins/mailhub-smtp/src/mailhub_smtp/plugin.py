"""What the hub loads: the connector type ``smtp``."""

from collections.abc import Iterable

from mailhub.contract import Capabilities, ConnectorType, hookimpl

from .check import CHECK_STEPS
from .connector import SmtpConnector
from .logo import LOGO
from .notices import notices
from .presets import PRESETS
from .settings import SmtpSettingsSchema
from .texts import _

SMTP = ConnectorType(
    id="smtp",
    title=_("SMTP"),
    description=_("Sends through a mail server by SMTP."),
    use_when=_(
        "Your mail provider or your own mail server gave you a server name, a port and perhaps a password."
    ),
    settings_schema=SmtpSettingsSchema,
    make=SmtpConnector,
    logo=LOGO,
    presets=PRESETS,
    capabilities=Capabilities(),
    check_steps=CHECK_STEPS,
    default_rate_limit_per_minute=0,
    default_on_uncertain="resend",
    telemetry_prefix="smtp",
    sort_order=900,
    notices=notices,
)


@hookimpl
def mailhub_register_connectors() -> Iterable[ConnectorType]:
    """The one kind of account this plugin brings."""
    return (SMTP,)
