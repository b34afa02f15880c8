"""Tells reasoning from the rest of a turn and takes the frame off the answer; text and calls go to another parser."""

from localassist.dialects.cutting import overlap
from localassist.dialects.sections import Sections, Stage
from localassist.dialects.turn_parser import TurnParser
from localassist.protocols import ParsedPiece, ReasoningPiece


class SectionParser:
    """Reads turns that have sections. `inner` gets what is neither reasoning nor a frame."""

    def __init__(self, sections: Sections, stage: Stage, inner: TurnParser) -> None:
        self._sections = sections
        self._inner = inner
        self._stage: Stage | None = Stage.START if stage is Stage.CLOSED else stage  # None: nothing more to tell apart
        self._held = ""
        self._may_repeat_open = stage is Stage.REASONING  # some models write again what the prompt has opened

    @property
    def is_reasoning(self) -> bool:
        return self._stage is Stage.REASONING

    def feed(self, text: str) -> list[ParsedPiece]:
        if self._stage is None:
            return self._inner.feed(text)
        pieces: list[ParsedPiece] = []
        self._held += text
        while self._advance(pieces):
            pass
        return pieces

    def finish(self) -> list[ParsedPiece]:
        held, self._held = self._held, ""
        if self._stage is Stage.REASONING:
            return [*self._reasoned(held), *self._inner.finish()]
        return [*self._inner.feed(held), *self._inner.finish()]

    def _advance(self, pieces: list[ParsedPiece]) -> bool:
        """Read on as far as it is clear what it is; True when a section ended and more may follow."""
        match self._stage:
            case Stage.START:
                return self._find_section(pieces)
            case Stage.REASONING:
                return self._read_reasoning(pieces)
            case Stage.ANSWER:
                return self._read_answer(pieces)
        pieces += self._inner.feed(self._take(len(self._held)))
        return False

    def _find_section(self, pieces: list[ParsedPiece]) -> bool:
        ahead = self._held.lstrip()
        for opening, stage in (
            (self._sections.reasoning_open, Stage.REASONING),
            (self._sections.answer_open, Stage.ANSWER),
        ):
            literal = opening.lstrip()
            if literal and ahead.startswith(literal):
                self._held, self._stage = ahead[len(literal) :], stage
                return True
            if literal.startswith(ahead) and literal:
                return False
        self._stage = None
        return True

    def _read_reasoning(self, pieces: list[ParsedPiece]) -> bool:
        if self._may_repeat_open and self._is_open_repeated():
            return False
        close = self._sections.reasoning_close
        at = self._held.find(close)
        if at < 0:
            pieces += self._reasoned(self._take(len(self._held) - overlap(self._held, close)))
            return False
        pieces += self._reasoned(self._take(at))
        self._take(len(close))
        is_framed = bool(self._sections.answer_close) and not self._sections.answer_open
        self._stage = Stage.ANSWER if is_framed else Stage.START
        return True

    def _is_open_repeated(self) -> bool:
        """Drop the opening if it comes again; True while that is not clear yet."""
        ahead, opening = self._held.lstrip(), self._sections.reasoning_open
        if opening.startswith(ahead) and ahead != opening:
            return True
        self._may_repeat_open = False
        self._held = ahead.removeprefix(opening)
        return False

    def _read_answer(self, pieces: list[ParsedPiece]) -> bool:
        close = self._sections.answer_close
        at = self._held.find(close) if close else -1
        if at < 0:
            pieces += self._inner.feed(self._take(len(self._held) - overlap(self._held, close)))
            return False
        pieces += self._inner.feed(self._take(at))
        self._take(len(close))
        self._stage = Stage.START
        return True

    def _take(self, length: int) -> str:
        taken, self._held = self._held[:length], self._held[length:]
        return taken

    def _reasoned(self, text: str) -> list[ParsedPiece]:
        return [ReasoningPiece(text)] if text else []
