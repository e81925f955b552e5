"""The one rule of who may see what: own mail always, others' mail as the caller's policy says (VP1 to VP7, VP10)."""

import logging
from typing import Protocol

from mailhub.contract.policy import KindsAnswer, PolicyEvaluator, RecordRef, Viewer
from mailhub.messages.model import USER_KIND, Related
from mailhub.people.identity import Identity
from mailhub.pluginhost.host import PluginHost
from mailhub.store.root import HubRoot

logger = logging.getLogger(__name__)


def effective_policy(_hub: HubRoot, _identity: Identity) -> str:
    """The id of the policy under which somebody looks (VP1). As long as none can be given to anybody: ``own``."""
    return "own"


class Seen(Protocol):
    """What the rule looks at: a message, or what is left of one that was deleted."""

    @property
    def status(self) -> str: ...

    @property
    def scenario(self) -> str: ...

    @property
    def account_id(self) -> str: ...

    @property
    def owner_id(self) -> str: ...

    def related_records(self) -> list[Related]: ...


class Sight:
    """What one caller may see. Asks his policy's evaluator; whatever goes wrong there counts as no."""

    def __init__(self, hub: HubRoot, identity: Identity, plugins: PluginHost) -> None:
        self._identity = identity
        self._viewer = Viewer(identity.user_id, identity.kind)
        self._kinds_answers: dict[frozenset[str], KindsAnswer] = {}
        self._policy_id = effective_policy(hub, identity)
        self._evaluator = _evaluator(plugins, self._policy_id)

    def reaches(self, message: Seen) -> bool:
        """May the caller see this message? A token that is bound to scenarios or accounts sees nothing beyond them."""
        if not self.is_in_bounds(message.scenario, message.account_id, message.status):
            return False
        return message.owner_id == self._identity.user_id or self._is_allowed(message)

    def is_in_bounds(self, scenario: str, account_id: str, status: str) -> bool:
        """Is mail of this scenario, account ("" for none) and status within what the caller's token is bound to?"""
        scenarios, accounts = self._identity.scenarios, self._identity.accounts
        has_no_account = status == "draft" and not account_id
        return (scenarios is None or scenario in scenarios) and (
            accounts is None or has_no_account or account_id in accounts
        )

    def _is_allowed(self, message: Seen) -> bool:
        if self._evaluator is None:
            return False
        related = message.related_records()
        records = [RecordRef(each.kind, each.id) for each in related if each.kind != USER_KIND]
        try:
            return self._asks(self._evaluator, records)
        except Exception:
            logger.exception("The view policy %s failed; that counts as no", self._policy_id)
            return False

    def _asks(self, evaluator: PolicyEvaluator, records: list[RecordRef]) -> bool:
        kinds = frozenset(each.kind for each in records)
        if kinds not in self._kinds_answers:
            self._kinds_answers[kinds] = evaluator.kinds(self._viewer, kinds)
        answer = self._kinds_answers[kinds]
        return answer == "all" or (answer == "some" and evaluator.records(self._viewer, records) is True)


def _evaluator(plugins: PluginHost, policy_id: str) -> PolicyEvaluator | None:
    """The policy's evaluator; None, so own mail only, when it is not installed or cannot be made."""
    policy = plugins.find_policy(policy_id)
    if policy is None:
        return None
    try:
        return policy.make()
    except Exception:
        logger.exception("The view policy %s cannot be used; own mail only", policy_id)
        return None
