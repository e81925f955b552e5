"""The contract suite for view policies. A plugin's tests inherit it and give the fixture ``policy_type``."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from mailhub.contract.policy import PolicyType, RecordRef, Viewer
from mailhub.pluginhost.descriptors import checked

VIEWERS = [Viewer("user-1", "internal"), Viewer("user-2", "external_accountant")]
KINDS = [
    frozenset({"customer"}),
    frozenset({"customer", "sales-invoice"}),
    frozenset({"a-kind-nobody-knows"}),
]


class PolicyContract:
    """Everything a hub relies on."""

    @pytest.fixture
    def policy_type(self) -> PolicyType:
        raise NotImplementedError("give the fixture policy_type")

    def test_the_host_takes_the_descriptor(self, policy_type: PolicyType) -> None:
        assert checked(PolicyType, [policy_type], None) == (policy_type,)

    @pytest.mark.parametrize("viewer", VIEWERS)
    @pytest.mark.parametrize("kinds", [frozenset[str](), *KINDS])
    def test_kinds_are_answered_by_all_none_or_some(
        self, policy_type: PolicyType, viewer: Viewer, kinds: frozenset[str]
    ) -> None:
        answer = policy_type.make().kinds(viewer, kinds)
        assert answer in ("all", "none", "some")
        assert answer == policy_type.make().kinds(viewer, kinds), "the same question has the same answer"

    @pytest.mark.parametrize("viewer", VIEWERS)
    @pytest.mark.parametrize("kinds", KINDS)
    def test_records_are_answered_by_yes_or_no(
        self, policy_type: PolicyType, viewer: Viewer, kinds: frozenset[str]
    ) -> None:
        evaluator = policy_type.make()
        if evaluator.kinds(viewer, kinds) == "some":
            records = [RecordRef(kind, "10000") for kind in sorted(kinds)]
            assert isinstance(evaluator.records(viewer, records), bool)

    def test_several_threads_may_ask_at_once(self, policy_type: PolicyType) -> None:
        evaluator = policy_type.make()
        alone = [evaluator.kinds(viewer, kinds) for viewer in VIEWERS for kinds in KINDS]
        with ThreadPoolExecutor(4) as pool:
            questions = [(viewer, kinds) for viewer in VIEWERS for kinds in KINDS] * 20
            assert list(pool.map(lambda question: evaluator.kinds(*question), questions)) == alone * 20
