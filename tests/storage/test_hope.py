"""How many batches are not tried after some that were tried in vain."""

from lastschrift.storage.hope import WITHOUT_MIN, Hope


def not_tried(hope: Hope) -> int:
    """Return how many batches are not tried from now on."""
    count = 0
    while not hope.is_there():
        count += 1
    return count


def test_at_first_all_are_tried() -> None:
    assert not_tried(Hope()) == 0


def test_after_each_in_vain_twice_as_many_are_not_up_to_a_thousand() -> None:
    hope = Hope()
    counts = []
    for _ in range(8):
        hope.disappoint()
        counts.append(not_tried(hope))
    assert counts == [16, 32, 64, 128, 256, 512, 1024, 1024]


def test_one_that_was_not_in_vain_makes_it_few_again() -> None:
    hope = Hope()
    hope.disappoint()
    hope.disappoint()
    not_tried(hope)
    hope.fulfil()
    hope.disappoint()
    assert not_tried(hope) == WITHOUT_MIN
