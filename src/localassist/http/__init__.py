"""The wire: a FastAPI application over an engine, its server, and the bridge that calls it in process."""
