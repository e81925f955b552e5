"""Connectors: which there are, and what administrators set for one as a whole."""

from mailhub.accounts.model import ConnectorOptions, accounts_of
from mailhub.contract.connector import ConnectorType
from mailhub.events.audit import record_change
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard


class ConnectorsService:
    """What is done with connectors, in one transaction."""

    def __init__(self, hub: HubRoot, shard: Shard, identity: Identity, *, plugins: PluginHost) -> None:
        self._hub = hub
        self._shard = shard
        self._identity = identity
        self._plugins = plugins

    def list_connectors(self) -> list[tuple[ConnectorType, ConnectorOptions]]:
        """All that are loaded, in the order in which they are proposed. Raises ``Denied``."""
        self._identity.require(Permission.SETUP_READ)
        kinds = sorted(self._plugins.connectors.values(), key=lambda kind: (kind.sort_order, kind.id))
        return [(kind, accounts_of(self._hub).options_of(kind.id)) for kind in kinds]

    def get_connector(self, id: str) -> tuple[ConnectorType, ConnectorOptions]:
        """Raises ``Denied``, ``NotFound``."""
        if not self._identity.may(Permission.SETUP_WRITE):
            self._identity.require(Permission.SETUP_READ)
        return self._plugins.get_connector(id), accounts_of(self._hub).options_of(id)

    def set_allow_http(self, id: str, allow_http: bool) -> None:
        """Let a connector talk HTTP in a sandbox environment, or forbid it. Raises ``Denied``, ``NotFound``."""
        self._identity.require(Permission.SETUP_WRITE)
        self._plugins.get_connector(id)
        accounts = accounts_of(self._hub)
        options = accounts.options_of(id)
        if options.allow_http == allow_http:
            return
        before = {"allow_http": options.allow_http}
        options.allow_http = allow_http
        options.revision += 1
        accounts.connectors[id] = options
        record_change(
            self._hub,
            self._shard,
            self._identity,
            "changed",
            "connector",
            id,
            before,
            {"allow_http": allow_http},
        )
