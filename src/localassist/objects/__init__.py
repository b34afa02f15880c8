"""The wire objects, request bodies and events of the Assistants API, as frozen pydantic models."""
