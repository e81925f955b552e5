"""What a connector says of settings, its code guarded: notices, and who sends."""

from collections.abc import Sequence
from dataclasses import replace

from mailhub.accounts.model import Account
from mailhub.accounts.settings_changes import KEPT, POINTER, SettingsChange, stored_settings
from mailhub.contract.connector import ConnectorType, Settings, SettingsNotice
from mailhub.contract.texts import Text, _
from mailhub.errors import FieldError, Invalid
from mailhub.pluginhost import guard
from mailhub.pluginhost.host import PluginHost
from mailhub.schema_walk import secrets_of
from mailhub.strict_values import pointer_to


class SettingsRules:
    """Asks connectors about settings. What they raise is a fault of their plugin."""

    def __init__(self, plugins: PluginHost, *, is_sandbox: bool) -> None:
        self._plugins = plugins
        self._is_sandbox = is_sandbox

    def checked(self, kind: ConnectorType, change: SettingsChange) -> SettingsChange:
        """The change with the connector's word on who sends.

        Raises ``Invalid`` for settings that are for a sandbox environment, outside of one, and for those the connector
        cannot make anything of.
        """
        settings = _with_all_secrets(kind, change.shown())
        errors = [
            FieldError(pointer_to(POINTER, notice.setting), "settings.only_in_sandbox", _refusal(notice))
            for notice in self.notices(kind, settings)
            if notice.only_in_sandbox and not self._is_sandbox
        ]
        if errors:
            raise Invalid(errors)
        answer = guard.run(lambda: bool(kind.sends_as_user(settings)))
        if isinstance(answer, guard.Raised):
            self._plugins.note_connector_fault(kind.id, answer.error)
            text = _("The connector cannot use these settings: ${error}", mapping={"error": answer.sentence})
            raise Invalid.of(POINTER, "connector.failed", text)
        return replace(change, sends_as_user=answer)

    def notices_of(self, account: Account, kind: ConnectorType) -> Sequence[SettingsNotice]:
        """The warnings that an account's stored settings deserve."""
        stored = stored_settings(kind.settings_schema(), account.settings)
        return self.notices(kind, _with_all_secrets(kind, {**stored, **dict.fromkeys(account.secrets, KEPT)}))

    def notices(self, kind: ConnectorType, settings: Settings) -> Sequence[SettingsNotice]:
        """What the connector warns of; nothing, noted as its fault, when it fails."""
        answer = guard.run(lambda: _checked(kind.notices(settings)))
        if isinstance(answer, guard.Raised):
            self._plugins.note_connector_fault(kind.id, answer.error)
            return ()
        return answer


def _with_all_secrets(kind: ConnectorType, settings: Settings) -> Settings:
    """A secret that is not set is None, as the schema would give it."""
    return {**dict.fromkeys(secrets_of(kind.settings_schema())), **settings}


def _checked(notices: Sequence[SettingsNotice]) -> tuple[SettingsNotice, ...]:
    made = tuple(notices)
    if not all(isinstance(each, SettingsNotice) for each in made):
        raise TypeError("notices are SettingsNotice")
    return made


def _refusal(notice: SettingsNotice) -> Text:
    why = {"why": notice.message}
    return _("This is possible in a sandbox environment only. ${why}", mapping=why)
