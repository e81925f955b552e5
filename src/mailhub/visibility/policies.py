"""The view policies that every hub knows."""

from mailhub.contract.policy import KindsAnswer, PolicyEvaluator, PolicyType, Viewer
from mailhub.contract.texts import _


class OwnMailOnly(PolicyEvaluator):
    """Nobody sees other people's mail."""

    def kinds(self, viewer: Viewer, kinds: frozenset[str]) -> KindsAnswer:
        return "none"


OWN = PolicyType(
    id="own",
    title=_("Own mail"),
    description=_("Everybody sees what he sent himself, and nothing else."),
    make=OwnMailOnly,
    sort_order=10,
)

BUILTIN_POLICIES = (OWN,)
