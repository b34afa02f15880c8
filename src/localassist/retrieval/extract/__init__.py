"""Text out of files. Parsers of foreign files are run in a child process with limits: `process` is the way in."""
