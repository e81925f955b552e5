from mailhub.entropy import new_id
from mailhub.testing.entropy import FakeEntropy


def test_the_same_seed_gives_the_same_ids(fake_entropy: FakeEntropy) -> None:
    ids = [new_id(fake_entropy) for _ in range(3)]
    again = FakeEntropy()
    assert [new_id(again) for _ in range(3)] == ids
    assert len(set(ids)) == 3


def test_another_seed_gives_other_ids() -> None:
    assert new_id(FakeEntropy(1)) != new_id(FakeEntropy(2))


def test_jitter_stays_between_its_bounds(fake_entropy: FakeEntropy) -> None:
    assert all(0.8 <= fake_entropy.uniform(0.8, 1.2) <= 1.2 for _ in range(100))
