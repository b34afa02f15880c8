"""The sections of a turn: reasoning, then calls or an answer. What opens and closes them, where a prompt leaves off."""

from dataclasses import dataclass
from enum import Enum, auto


class Stage(Enum):
    """What comes next where a prompt ends."""

    START = auto()  # reasoning, if the model wants any
    REASONING = auto()  # the prompt has opened it
    CLOSED = auto()  # the prompt has opened and closed it: the model is not to reason
    ANSWER = auto()  # the prompt has opened the answer


@dataclass(frozen=True, slots=True)
class Sections:
    """Literals around reasoning and around the answer; "" where there is none.

    Where reasoning is a message of its own, `reasoning_close` reaches to the start of the next one.
    """

    reasoning_open: str = ""
    reasoning_close: str = ""
    answer_open: str = ""
    answer_close: str = ""
    is_own_message: bool = False

    @property
    def has_reasoning(self) -> bool:
        return bool(self.reasoning_close)

    def stage(self, prompt: str) -> Stage:
        """What comes next after a prompt."""
        end = prompt.rstrip()
        if self.reasoning_open and end.endswith(self.reasoning_open):
            return Stage.REASONING
        if self.answer_open and end.endswith(self.answer_open.rstrip()):
            return Stage.ANSWER
        if self.reasoning_close and end.endswith(self.reasoning_close) and not self.is_own_message:
            return Stage.CLOSED
        return Stage.START
