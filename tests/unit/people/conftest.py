import pytest

from tests.unit.people.kit import PeopleKit


@pytest.fixture
def people() -> PeopleKit:
    return PeopleKit()
