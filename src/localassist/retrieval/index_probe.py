"""Opens an index and uses every collection, in a process that may crash: `python -m … DIRECTORY`. Exits 0 if sound."""

import sys
from pathlib import Path

import numpy as np

from localassist.retrieval.chroma_index import open_client


def probe(directory: Path) -> None:
    """Raises, or kills the process, when a collection cannot be used."""
    client = open_client(directory)
    for collection in client.list_collections():
        if collection.count():
            first = collection.get(limit=1, include=["embeddings"])["embeddings"]
            found = collection.query(query_embeddings=np.asarray(first), n_results=1)
            if not found["ids"][0]:
                raise RuntimeError(f"the collection {collection.name} finds nothing")
    client.close()


if __name__ == "__main__":
    probe(Path(sys.argv[1]))
