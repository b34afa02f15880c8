"""What callers can do with assistants, threads, runs and files: checks, references and stored changes. No HTTP."""
