"""Accounts and connectors as plain values: what the API answers and what the audit trail keeps. No secret is in them."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mailhub.contract.connector import ConnectorType, SettingsNotice
from mailhub.contract.texts import Text, _, plain
from mailhub.schema_walk import present_settings

from .model import Account, Attention, ConnectorOptions

Translate = Callable[[Text], str]


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account and what stands beside it. ``scenarios``: ids of those assigned to it. ``kind``: None while missing."""

    account: Account
    is_default: bool
    kind: ConnectorType | None
    notices: Sequence[SettingsNotice] = ()
    scenarios: Sequence[str] = ()


def state_of(account: Account, *, connector_is_loaded: bool) -> str:
    """``ready | paused | needs_attention | connector_missing``: the last that applies wins (api.md)."""
    if not connector_is_loaded:
        return "connector_missing"
    if attention_of(account) is not None:
        return "needs_attention"
    return "ready" if account.state.paused_at is None else "paused"


def attention_of(account: Account) -> Attention | None:
    """What somebody has to see to; a deletion that was begun and not finished too."""
    state = account.state
    if state.is_closing:
        since = state.closing_at or account.created_at
        return Attention("account.closing", plain(_CLOSING), since, plain(_CLOSING_ACTION))
    return state.find_attention()


_CLOSING = _("The account is being deleted. It takes no mail, and none leaves.")
_CLOSING_ACTION = _("Delete it again to finish.")


def present_briefly(view: AccountView) -> dict[str, Any]:
    """What those see who may not see settings."""
    account = view.account
    return {
        "id": account.id,
        "name": account.name,
        "address": account.address,
        "connector": account.connector,
        "is_default": view.is_default,
        "state": state_of(account, connector_is_loaded=view.kind is not None),
    }


def present_account(view: AccountView, translate: Translate = plain) -> dict[str, Any]:
    """An account as ``schema.AccountReply`` describes it."""
    account = view.account
    attention = attention_of(account)
    return {
        **present_briefly(view),
        **_limits(account),
        "settings": shown_settings(account, view.kind),
        "attention": None if attention is None else _present_attention(attention),
        "warnings": [_present_notice(notice, translate) for notice in view.notices],
        "scenarios": sorted(view.scenarios),
        "created_at": account.created_at,
        "revision": str(account.revision),
    }


def audited_account(account: Account, kind: ConnectorType | None) -> dict[str, Any]:
    """What the audit trail keeps of an account."""
    return {
        "connector": account.connector,
        "name": account.name,
        "address": account.address,
        **_limits(account),
        "settings": _plain_json(shown_settings(account, kind)),
    }


def shown_settings(account: Account, kind: ConnectorType | None) -> dict[str, Any]:
    """Settings as they are read back; while the connector is away, as they are stored."""
    if kind is None:
        return {**account.settings, **{name: {"is_set": True} for name in account.secrets}}
    return present_settings(kind.settings_schema(), account.settings, account.secrets)


def _limits(account: Account) -> dict[str, Any]:
    return {
        "rate_limit_per_minute": account.rate_limit_per_minute,
        "concurrency_limit": account.concurrency_limit,
        "max_attempts": account.max_attempts,
        "limit_group": account.limit_group,
    }


def _present_attention(attention: Attention) -> dict[str, Any]:
    return {
        "code": attention.code,
        "message": attention.message,
        "since": attention.since,
        "action": attention.action,
    }


def _present_notice(notice: SettingsNotice, translate: Translate) -> dict[str, Any]:
    return {
        "code": notice.code,
        "message": translate(notice.message),
        "setting": notice.setting or None,
    }


def _plain_json(value: Any) -> Any:
    """Values of settings as JSON: days and times as texts."""
    if isinstance(value, Mapping):
        return {name: _plain_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_json(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def present_connector(
    kind: ConnectorType, options: ConnectorOptions, settings_schema: Mapping[str, Any], translate: Translate
) -> dict[str, Any]:
    """A connector as ``schema.ConnectorReply`` describes it."""
    can = kind.capabilities
    return {
        "id": kind.id,
        "title": translate(kind.title),
        "description": translate(kind.description),
        "use_when": translate(kind.use_when) or None,
        "capabilities": {
            "can_look_up": can.can_look_up,
            "uses_http": can.uses_http,
            "sends_own_headers": can.sends_own_headers,
            "max_message_bytes": can.max_message_bytes,
            "user_kinds": sorted(can.user_kinds),
            "needs_licensed_user": can.needs_licensed_user,
            "delivers_outside": can.delivers_outside,
        },
        "settings_schema": settings_schema,
        "default_rate_limit_per_minute": kind.default_rate_limit_per_minute,
        "allow_http": options.allow_http,
        "presets": [
            {
                "id": preset.id,
                "title": translate(preset.title),
                "settings": dict(preset.settings),
                "hint": translate(preset.hint) or None,
            }
            for preset in kind.presets
        ],
        "check_steps": list(kind.check_steps),
        "logo": data_url(kind.logo),
        "revision": str(options.revision),
    }


def data_url(picture: bytes) -> str | None:
    """A connector's logo as a data URL; None where it has none."""
    if not picture:
        return None
    media_type = "image/png" if picture.startswith(b"\x89PNG") else "image/svg+xml"
    return f"data:{media_type};base64,{base64.b64encode(picture).decode('ascii')}"
