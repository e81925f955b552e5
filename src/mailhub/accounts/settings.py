"""An account's settings with its secrets in them, for those few who need them whole: connectors."""

from copy import deepcopy
from typing import Any

import colander

from mailhub.store.secrets import SecretBox

from .model import Account


def secret_record_id(account_id: str, path: str) -> str:
    """What a sealed secret is bound to, so that it opens nowhere else (ASVS V11.3)."""
    return f"account:{account_id}:{path}"


def revealed_settings(account: Account, box: SecretBox) -> dict[str, Any]:
    """The settings as the connector's schema gave them. Raises ``SecretUnreadable``."""
    settings = deepcopy(account.settings)
    for path, sealed in account.secrets.items():
        *parents, name = path.split(".")
        place = settings
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = box.open(sealed, secret_record_id(account.id, path))
    return settings


def with_defaults(schema: colander.SchemaNode, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with what a newer version of the connector has added since they were saved."""
    known = {child.name: child.missing for child in schema.children}
    added = {name: value for name, value in known.items() if name not in settings and _is_value(value)}
    return {**added, **settings}


def _is_value(missing: Any) -> bool:
    return missing not in (colander.required, colander.drop)
