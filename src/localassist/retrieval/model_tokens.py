"""An embedding model's own tokens: where they begin in a text, and how many say nothing to it."""

from array import array
from collections.abc import Sequence

from localassist.retrieval.languages import Reading, num_visible


class ModelTokens:
    """Reads a tokenizer in the format of tokenizer.json. Safe to use from any thread."""

    def __init__(self, definition: str, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_str(definition)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._unknown = next((i for w in ("[UNK]", "<unk>") if (i := self._tokenizer.token_to_id(w)) is not None), None)
        special = len(self._tokenizer.encode("").ids)
        self.max_tokens = max_tokens - special

    def starts(self, text: str) -> Sequence[int]:
        """Offsets in order; marks without a place of their own are left out."""
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        starts = array("q")
        last = -1
        for start, end in offsets:
            if end > start >= last:
                starts.append(start)
                last = start
        return starts

    def reading(self, text: str) -> Reading:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return Reading(num_visible(text), len(ids), sum(token_id == self._unknown for token_id in ids))
