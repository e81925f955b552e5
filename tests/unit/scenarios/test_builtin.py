from mailhub.contract.texts import TranslationString
from mailhub.scenarios.builtin import BUILTIN_SCENARIOS, DEFAULT_SCENARIO


def test_the_default_scenario_is_one_of_them() -> None:
    assert DEFAULT_SCENARIO in [each.id for each in BUILTIN_SCENARIOS]


def test_ids_and_titles_are_unique_and_titles_can_be_translated() -> None:
    assert len({each.id for each in BUILTIN_SCENARIOS}) == len(BUILTIN_SCENARIOS)
    assert len({each.title for each in BUILTIN_SCENARIOS}) == len(BUILTIN_SCENARIOS)
    assert all(isinstance(each.title, TranslationString) for each in BUILTIN_SCENARIOS)
