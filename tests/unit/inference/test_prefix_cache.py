"""Which finished sequence a prompt goes on from, and which is forgotten first."""

import numpy as np

from localassist.inference.prefix_cache import PrefixCache, Resident, common_length


def resident(seq_id: int, *token_ids: int, key: str | None = None) -> Resident:
    return Resident(seq_id, np.array(token_ids, np.int32), key)


def tokens(*token_ids: int) -> np.ndarray:
    return np.array(token_ids, np.int32)


def test_common_length_counts_equal_first_tokens() -> None:
    assert common_length(tokens(1, 2, 3), tokens(1, 2, 4, 5)) == 2
    assert common_length(tokens(1, 2), tokens(1, 2, 3)) == 2
    assert common_length(tokens(), tokens(1)) == 0


def test_the_longest_common_beginning_is_found() -> None:
    cache = PrefixCache()
    cache.add(resident(0, 1, 2, 9))
    longest = resident(1, 1, 2, 3, 8)
    cache.add(longest)
    assert cache.find(tokens(1, 2, 3, 4), None) == (longest, 3)


def test_of_equal_beginnings_the_same_conversation_is_preferred() -> None:
    cache = PrefixCache()
    mine = resident(0, 1, 2, 7, key="mine")
    cache.add(mine)
    cache.add(resident(1, 1, 2, 8, key="other"))
    found = cache.find(tokens(1, 2, 3), "mine")
    assert found is not None
    assert found.resident is mine


def test_nothing_in_common_is_no_match() -> None:
    cache = PrefixCache()
    cache.add(resident(0, 1, 2))
    assert cache.find(tokens(5), None) is None


def test_a_longer_resident_replaces_those_it_begins_with() -> None:
    cache = PrefixCache()
    short = resident(0, 1, 2)
    cache.add(short)
    assert cache.add(resident(1, 1, 2, 3)) == [short]
    assert len(cache) == 1


def test_the_least_recently_used_is_evicted_first() -> None:
    cache = PrefixCache()
    first, second, third = resident(0, 1), resident(1, 2), resident(2, 3)
    for one in (first, second, third):
        cache.add(one)
    cache.touch(first)
    assert cache.evict(keep=(second,)) is third
    assert cache.evict() is second
    assert cache.evict() is first
    assert cache.evict() is None
