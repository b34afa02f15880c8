"""Damaged files: bytes flipped, cut out, repeated, and parts of one type in another."""

import random
from collections.abc import Iterator

from tests.retrieval import samples

TYPES = ("pdf", "docx", "pptx", "xlsx", "html", "epub", "odt", "rtf", "eml", "csv", "md")


def damaged_files(number: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents, every type in turn."""
    chance = random.Random(seed)
    whole = {name: content for name, content in samples.every_type().items() if name.split(".")[1] in TYPES}
    names = sorted(whole)
    for index in range(number):
        name = names[index % len(names)]
        other = whole[chance.choice(names)]
        yield f"{index}-{name}", damage(whole[name], other, chance)


def damage(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """One to three kinds of damage."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(changed) + 1)
        length = chance.choice((1, 8, 100, len(changed) // 3))
        kind = chance.randrange(5)
        if kind == 0:
            for _ in range(max(1, len(changed) // 500)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
        elif kind == 1:
            del changed[place : place + length]
        elif kind == 2:
            changed[place:place] = changed[place : place + length] * chance.choice((2, 50))
        elif kind == 3:
            changed[place:place] = other[:length]
        else:
            changed[place : place + length] = chance.randbytes(length)
        if not changed:
            changed += b"x"
    return bytes(changed)
