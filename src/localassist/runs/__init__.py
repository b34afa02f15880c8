"""The run machinery: what happens between a queued run and its last event."""
