"""The writer of the durability test, a program of its own: writes until it is killed, then starts over when told.

It is told a database and, line by line, the number of each life. It answers with the pid of that life, then with each
pair of objects that the store has taken, then with "died".
"""

import os
import sys
from itertools import count
from pathlib import Path

from localassist.objects.threads import ContentPart, Message, Text, TextPart
from localassist.store.sql import SqliteStore


def message(object_id: str, thread_id: str) -> Message:
    content: list[ContentPart] = [TextPart(text=Text(value="durable " * 200))]
    return Message(id=object_id, created_at=1, thread_id=thread_id, role="user", content=content)


def tell(line: object) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def write_forever(path: Path, life: str) -> None:
    """Write pairs, in a transaction each, and acknowledge them."""
    store = SqliteStore(path)
    for number in count():
        pair = f"{life}x{number}"
        with store.transaction():
            store.insert(message(f"msg_{pair}a", pair))
            store.insert(message(f"msg_{pair}b", pair))
        tell(pair)


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()  # the imports are done, so a life begins at once
        if pid == 0:
            tell(os.getpid())
            write_forever(Path(sys.argv[1]), line.strip())
        os.waitpid(pid, 0)
        tell("died")


if __name__ == "__main__":
    main()
