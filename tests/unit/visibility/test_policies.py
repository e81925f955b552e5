from mailhub.contract import Viewer
from mailhub.visibility.policies import OWN


def test_own_shows_nobody_s_mail_to_others() -> None:
    evaluator = OWN.make()
    for kinds in (frozenset[str](), frozenset({"customer"})):
        assert evaluator.kinds(Viewer("u", "internal"), kinds) == "none"
    assert evaluator.records(Viewer("u", "internal"), []) is False
