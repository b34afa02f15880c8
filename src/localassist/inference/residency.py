"""Who owns which seq_id of the context: running sequences, residents of the prefix cache, or nobody."""

from collections.abc import Sequence as Items
from typing import NamedTuple

import numpy as np

from localassist.inference.llama import Context
from localassist.inference.prefix_cache import PrefixCache, Resident, TokenIds, common_length
from localassist.inference.sequence import Sequence

_MAX_CHECKPOINTS = 4
_WORTH_WAITING = 64  # tokens


class Donor(NamedTuple):
    """Where the beginning of a new sequence comes from; `resident` is None when it is a running sequence."""

    seq_id: int
    length: int
    checkpoints: dict[int, bytes]
    resident: Resident | None


class Residency:
    """Places sequences so that as much as possible of them is computed already."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._cache = PrefixCache()
        self._free = list(range(len(context.lengths)))

    @property
    def num_residents(self) -> int:
        return len(self._cache)

    def place(self, sequence: Sequence, running: Items[Sequence]) -> None:
        """Give the sequence a seq_id, and everything of its tokens that some sequence already has computed."""
        token_ids = np.array(sequence.token_ids, np.int32)
        donor = self._find_donor(token_ids, sequence.request.cache_key, running)
        if donor is None:
            sequence.seq_id, sequence.num_computed, sequence.num_shared = self._take_free(), 0, 0
            sequence.checkpoint_at = self._where_to_checkpoint(sequence, 0)
            return
        wanted = min(donor.length, len(token_ids) - 1)  # at least one token is decoded, for its logits
        claimed = donor.resident is not None and self._may_claim(donor.resident, donor.length, sequence)
        seq_id = self._claim(donor) if claimed else self._share(donor, wanted)
        sequence.seq_id = seq_id
        sequence.checkpoints = {at: state for at, state in donor.checkpoints.items() if at <= wanted}
        sequence.num_computed = self._trim(sequence, wanted)
        sequence.num_shared = 0 if seq_id == donor.seq_id else sequence.num_computed
        sequence.checkpoint_at = self._where_to_checkpoint(sequence, wanted)

    def is_coming(self, sequence: Sequence, running: Items[Sequence]) -> bool:
        """Whether a running sequence will soon have computed much more of this prompt than anybody has now."""
        reading = [other for other in running if other.is_prefilling]
        if not reading or self._context.is_recurrent:
            return False
        token_ids = np.array(sequence.token_ids, np.int32)
        donor = self._find_donor(token_ids, sequence.request.cache_key, running)
        there = donor.length if donor is not None else 0
        common = max(common_length(np.array(other.token_ids, np.int32), token_ids) for other in reading)
        return common >= there + _WORTH_WAITING

    def release(self, sequence: Sequence) -> None:
        """The sequence computes no more; what it has computed stays for the next prompt that begins alike."""
        if sequence.seq_id < 0:
            return
        token_ids = np.array(sequence.token_ids[: sequence.num_computed], np.int32)
        resident = Resident(sequence.seq_id, token_ids, sequence.request.cache_key, sequence.checkpoints)
        if resident.length == 0 or self._context.lengths[sequence.seq_id] != resident.length:
            self._free_seq_id(sequence.seq_id)
        else:
            for covered in self._cache.add(resident):
                self._free_seq_id(covered.seq_id)
        sequence.seq_id = -1

    def withdraw(self, sequence: Sequence) -> None:
        """Take the seq_id from a sequence that must wait; it will be computed again."""
        self._free_seq_id(sequence.seq_id)
        sequence.seq_id, sequence.num_computed, sequence.num_shared = -1, 0, 0

    def rewind(self, sequence: Sequence) -> bool:
        """Undo a decode that did not end well; False when more than its tokens must be computed again."""
        before = sequence.num_computed
        sequence.num_computed = self._trim(sequence, before)
        sequence.prefill_until = max(sequence.prefill_until, len(sequence.token_ids) - 1)
        return sequence.num_computed == before

    def evict(self) -> bool:
        """Make room: forget the least recently used resident; False when there is none."""
        resident = self._cache.evict()
        if resident is not None:
            self._free_seq_id(resident.seq_id)
        return resident is not None

    def checkpoint(self, sequence: Sequence) -> None:
        """Remember a recurrent sequence's state as it is now."""
        sequence.checkpoints[sequence.num_computed] = self._context.checkpoint(sequence.seq_id)
        while len(sequence.checkpoints) > _MAX_CHECKPOINTS:
            del sequence.checkpoints[sorted(sequence.checkpoints)[1]]  # the shortest is shared most often

    def reset(self) -> None:
        """Forget everything."""
        self._context.clear()
        self._cache.clear()
        self._free = list(range(len(self._context.lengths)))

    def _where_to_checkpoint(self, sequence: Sequence, common: int) -> set[int]:
        """Where others will want to go on: where this prompt parted from another, and shortly before its end."""
        return {common, sequence.num_prompt - 1} if self._context.is_recurrent else set()

    def _find_donor(self, token_ids: TokenIds, cache_key: str | None, running: Items[Sequence]) -> Donor | None:
        best: Donor | None = None
        match = self._cache.find(token_ids, cache_key)
        if match is not None:
            best = Donor(match.resident.seq_id, match.length, match.resident.checkpoints, match.resident)
        if self._context.is_recurrent:
            return best
        for other in running:
            length = common_length(np.array(other.token_ids[: other.num_computed], np.int32), token_ids)
            if length > (best.length if best else 0):
                best = Donor(other.seq_id, length, {}, None)
        return best

    def _may_claim(self, resident: Resident, length: int, sequence: Sequence) -> bool:
        """Whether the sequence goes on where the resident ended, so that nobody else will."""
        key = sequence.request.cache_key
        goes_on = resident.cache_key == key if key is not None else length == resident.length
        return goes_on or not (self._free or len(self._cache) > 1)

    def _claim(self, donor: Donor) -> int:
        assert donor.resident is not None
        self._cache.remove(donor.resident)
        return donor.seq_id

    def _share(self, donor: Donor, length: int) -> int:
        if donor.resident is not None:
            self._cache.touch(donor.resident)
        seq_id = self._take_free(keep=donor.resident)
        self._context.share(donor.seq_id, seq_id, length)
        return seq_id

    def _trim(self, sequence: Sequence, length: int) -> int:
        """Shorten what is computed to `length`, or to the nearest possible below; returns what it is now."""
        context, seq_id = self._context, sequence.seq_id
        if context.keep(seq_id, length) and not (context.is_recurrent and context.lengths[seq_id] != length):
            return length
        for at in sorted((at for at in sequence.checkpoints if at <= length), reverse=True):
            if context.restore(seq_id, sequence.checkpoints[at], at):
                return at
        context.drop(seq_id)
        return 0

    def _take_free(self, keep: Resident | None = None) -> int:
        if not self._free:
            evicted = self._cache.evict(keep=() if keep is None else (keep,))
            assert evicted is not None, "there are more seq_ids than running sequences"
            self._free_seq_id(evicted.seq_id)
        return self._free.pop()

    def _free_seq_id(self, seq_id: int) -> None:
        self._context.drop(seq_id)
        self._free.append(seq_id)
