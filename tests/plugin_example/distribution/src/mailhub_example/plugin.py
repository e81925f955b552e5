"""The whole plugin: a settings schema, a connector, a scenario, and the hooks that name them."""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import colander

from mailhub.contract import (
    Capabilities,
    Connector,
    ConnectorType,
    Misconfigured,
    OutgoingMessage,
    ScenarioSpec,
    SendOutcome,
    SessionContext,
    Settings,
    Step,
    hookimpl,
)
from mailhub.contract import schema_hints as hint

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'


class NotebookSettings(colander.MappingSchema):
    notebook = colander.SchemaNode(
        colander.String(),
        title="Notebook",
        validator=colander.Length(max=1000),
        **hint.help_text("The file that every mail is added to."),
        **hint.example("/var/lib/notebook"),
    )
    ink = colander.SchemaNode(
        colander.String(),
        title="Ink",
        missing="blue",
        validator=colander.OneOf(["blue", "black"]),
        **hint.choice(("blue", "Blue"), ("black", "Black")),
    )
    password = colander.SchemaNode(
        colander.String(), title="Password", missing=None, **hint.secret(bound_to=("notebook",))
    )


class NotebookConnector(Connector):
    def __init__(self, settings: Settings) -> None:
        self._path = Path(settings["notebook"])
        self._writing = Lock()

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        recipients = " ".join(each.address for each in message.recipients)
        with self._writing:
            self._open_for_trial()
            context.hand_over(message)
            with self._path.open("a", encoding="utf-8") as notebook:
                notebook.write(f"{message.envelope_from}\t{recipients}\t{message.subject}\n")
        return SendOutcome.accepted(message, "noted")

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        try:
            self._open_for_trial()
            reply = "" if message is None else self.send(message, context).reply
        except Misconfigured as error:
            yield Step("open" if message is None else "send", "failed", detail=error.message, error=error)
            return
        yield Step("open", "ok")
        if message is not None:
            yield Step("send", "ok", detail=reply)

    def _open_for_trial(self) -> None:
        try:
            self._path.open("a").close()
        except OSError as error:
            raise Misconfigured(f"The notebook cannot be written to: {error.strerror}.") from error


NOTEBOOK = ConnectorType(
    id="notebook",
    title="Notebook",
    description="Notes every mail in a file.",
    use_when="You want to see how small a connector can be.",
    logo=LOGO,
    settings_schema=NotebookSettings,
    make=NotebookConnector,
    capabilities=Capabilities(delivers_outside=False),
    check_steps=("open", "send"),
    default_rate_limit_per_minute=60,
)


@hookimpl
def mailhub_register_connectors() -> list[ConnectorType]:
    return [NOTEBOOK]


@hookimpl
def mailhub_register_scenarios() -> list[ScenarioSpec]:
    return [ScenarioSpec("shopping-list", "Shopping list")]
