"""A clock that is set by hand."""


class ManualClock:
    """Unix seconds that pass only when a test says so."""

    def __init__(self, now: int = 1_700_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: int) -> None:
        self.now += seconds
