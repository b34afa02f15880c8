"""File search: text out of files, chunks, embeddings, the index, and the search over them."""
