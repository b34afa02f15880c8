"""Whether a constraint admits a text, on a vocabulary of single bytes and given special tokens."""

import json
import re
from collections.abc import Collection

from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper

from localassist.protocols import Constraint

_END = 256


class _Bytes:
    """Tokens are bytes, an end, and the special tokens, which text never spells."""

    bos_token_id = None
    eos_token_id = _END

    def __init__(self, special: list[str]) -> None:
        self.tokens = [bytes([byte]) for byte in range(256)] + [b"\xff<end>"]
        self.tokens += [b"\xff" + token.encode() for token in special]
        self.special_token_ids = list(range(_END, len(self.tokens)))

    def __call__(self, text: str | bytes) -> list[int]:
        return list(text.encode() if isinstance(text, str) else text)


def admits(constraint: Constraint, text: str, special: Collection[str] = ()) -> bool:
    """Whether the text is a whole turn under the constraint. Fails when the grammar does not compile."""
    tokens = sorted(special, key=len, reverse=True)
    ids = {token: _END + 1 + number for number, token in enumerate(tokens)}

    def reference(marker: re.Match[str]) -> str:
        return f"<[{ids[marker[1]]}]>" if marker[1] in ids else json.dumps(marker[1], ensure_ascii=False)

    grammar = re.sub(r"@@(.+?)@@", reference, constraint.grammar, flags=re.DOTALL)
    tokenizer = LLTokenizer(TokenizerWrapper(_Bytes(tokens)))
    matcher = LLMatcher(tokenizer, grammar, log_level=0)
    assert not matcher.is_error(), f"{matcher.get_error()}\n{grammar}"
    parts = re.split(f"({'|'.join(map(re.escape, tokens))})", text) if tokens else [text]
    for part in parts:
        for token_id in [ids[part]] if part in ids else part.encode():
            if not matcher.consume_token(token_id):
                return False
    return bool(matcher.is_accepting())
