"""The worker process: one model, driven over a socket. Started by `remote` as `python -m localassist.inference.worker`.

It ends when the other end of the socket is gone, whatever it is doing then.
"""

import json
import logging
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from localassist.errors import LocalAssistError
from localassist.inference.engine_thread import InferenceThread
from localassist.inference.options import LlamaOptions
from localassist.inference.scheduler import Emission
from localassist.inference.sequence import Sequence
from localassist.inference.wire import (
    Channel,
    Message,
    pack_error,
    pack_facts,
    pack_tokens,
    unpack_request,
)
from localassist.protocols import Constraint


class Worker:
    """Carries out the messages that arrive; what each step brings goes back as one message."""

    def __init__(self, channel: Channel, path: Path, options: LlamaOptions) -> None:
        self._channel = channel
        self._sequences: dict[int, Sequence] = {}
        self._ids: dict[Sequence, int] = {}
        self._engine = InferenceThread(path, options, self._deliver, on_progress=self._report_progress)
        channel.send({"op": "loaded", "facts": pack_facts(self._engine.facts)})

    def _report_progress(self, fraction: float) -> None:
        self._channel.send({"op": "progress", "value": fraction})

    def run(self) -> None:
        """Serve until the other end closes the connection."""
        while (message := self._channel.receive()) is not None:
            try:
                self._carry_out(message)
            except LocalAssistError as error:
                self._channel.send({"op": "error", "id": message["id"], "error": pack_error(error)})

    def _carry_out(self, message: Message) -> None:
        match message["op"]:
            case "generate":
                self._generate(message["id"], message["request"])
            case "cancel":
                sequence = self._sequences.get(message["id"])
                if sequence is not None:
                    self._forget(sequence)
                    self._engine.cancel(sequence)
            case "check":
                self._engine.check(Constraint(message["grammar"]))
                self._channel.send({"op": "result", "id": message["id"], "value": None})
            case "count_tokens":
                count = self._engine.count_tokens(message["prompt"])
                self._channel.send({"op": "result", "id": message["id"], "value": count})

    def _generate(self, request_id: int, request: Message) -> None:
        sequence = self._engine.prepare(unpack_request(request))
        self._sequences[request_id] = sequence
        self._ids[sequence] = request_id
        self._channel.send({"op": "result", "id": request_id, "value": None})
        self._engine.submit(sequence)

    def _deliver(self, emissions: list[Emission]) -> None:
        events: list[Any] = []
        for emission in emissions:
            request_id = self._ids.get(emission.sequence)
            if request_id is None:
                continue
            error = None if emission.error is None else pack_error(emission.error)
            events.append([request_id, pack_tokens(emission.tokens), error])
            if emission.sequence.is_finished or error is not None:
                self._forget(emission.sequence)
        if events:
            self._channel.send({"op": "tokens", "events": events})

    def _forget(self, sequence: Sequence) -> None:
        request_id = self._ids.pop(sequence, None)
        if request_id is not None:
            self._sequences.pop(request_id, None)


class _ChannelHandler(logging.Handler):
    """Log records go to the process that has a log."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(logging.INFO)
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # nobody is left to read it
            self._channel.send({"op": "log", "level": record.levelno, "message": self.format(record)})


def main(arguments: list[str]) -> None:
    """Arguments: the number of the socket, the model file, the options as JSON."""
    descriptor, path, options = arguments
    channel = Channel(socket.socket(fileno=int(descriptor)))
    logging.basicConfig(handlers=[_ChannelHandler(channel)], level=logging.INFO, format="%(message)s")
    channel.send({"op": "started"})  # everything is imported: what happens from here on is about the model
    try:
        worker = Worker(channel, Path(path), LlamaOptions(**json.loads(options)))
    except LocalAssistError as error:
        channel.send({"op": "failed", "error": pack_error(error)})
        return
    worker.run()
    os._exit(0)  # the model may be in the middle of a step; there is nothing to save


if __name__ == "__main__":
    main(sys.argv[1:])
