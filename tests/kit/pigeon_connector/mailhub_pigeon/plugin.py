"""The connector: it finds the loft, and lands there if it is signed by the right key."""

from collections.abc import Iterator

from mailhub.contract import (
    Capabilities,
    Connector,
    ConnectorType,
    Misconfigured,
    OutgoingMessage,
    SendOutcome,
    SessionContext,
    Settings,
    Step,
    hookimpl,
)

from .settings import PigeonSettings

RIGHT_KEY = "feather-77"
WRONG_KEY = Misconfigured("The loft does not open to this ring.")


class PigeonConnector(Connector):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        context.hand_over(message)
        return SendOutcome.accepted(message, "landed")

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        yield Step("fly", "ok", detail=f"to {self._settings['loft']}")
        if self._settings["signing"] == "ring" and self._settings["ring_key"] != RIGHT_KEY:
            yield Step("land", "failed", detail=WRONG_KEY.message, error=WRONG_KEY)
            return
        yield Step("land", "ok")
        if message is not None:
            yield Step("send", "ok", detail=self.send(message, context).reply)


PIGEON = ConnectorType(
    id="pigeon",
    title="Pigeon",
    description="Sends mail by pigeon.",
    use_when="You have pigeons.",
    settings_schema=PigeonSettings,
    make=PigeonConnector,
    capabilities=Capabilities(delivers_outside=False),
    check_steps=("fly", "land", "send"),
    default_rate_limit_per_minute=60,
)


@hookimpl
def mailhub_register_connectors() -> list[ConnectorType]:
    return [PIGEON]
