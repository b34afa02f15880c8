"""How a turn ends early: outcomes, not errors, each carrying what must be recorded. Caught once, in `loop`."""

from localassist.objects.runs import IncompleteReason, LastError, RequiredAction, Usage


class RunSignal(Exception):
    """A run's turn is over."""


class RequiresAction(RunSignal):
    """Function calls wait for their outputs."""

    def __init__(self, action: RequiredAction) -> None:
        super().__init__()
        self.action = action


class Cancelled(RunSignal):
    """The run was cancelled."""


class Expired(RunSignal):
    """The run's clock ran out."""


class Incomplete(RunSignal):
    """A token budget is spent."""

    def __init__(self, reason: IncompleteReason, usage: Usage | None = None) -> None:
        super().__init__()
        self.reason = reason
        self.usage = usage


class Failed(RunSignal):
    """The run cannot go on."""

    def __init__(self, last_error: LastError, usage: Usage | None = None) -> None:
        super().__init__()
        self.last_error = last_error
        self.usage = usage
