"""What stays on disk: objects in SQLite, bytes of files in a directory, and the lock that keeps two engines apart."""
