"""Each run's events, in order."""

from collections.abc import Callable, Iterator
from typing import Protocol

from localassist.objects.events import Event


class Subscription(Protocol):
    """A reader's place in a run's event log."""

    def take(self) -> tuple[list[Event], bool]:
        """Events not yet taken, without waiting, and whether the log has ended."""

    def close(self) -> None: ...


class EventBus(Protocol):
    """Keeps each run's events in order; a reader replays, then follows. Publishing never waits for a reader."""

    def publish(self, run_id: str, event: Event) -> None: ...

    def position(self, run_id: str) -> int:
        """How many events the run has so far."""

    def subscribe(self, run_id: str, *, after: int, wake: Callable[[], None]) -> Subscription:
        """`wake` is called, from any thread, whenever there is something new to take."""

    def follow(self, run_id: str, *, after: int = 0) -> Iterator[Event]:
        """Replay from `after`, then wait for more until the log ends."""

    def end(self, run_id: str) -> None:
        """The run will publish nothing more."""

    def close(self) -> None: ...
