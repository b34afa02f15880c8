"""The near end of a worker process: starts it, sends requests, hands what comes back to whoever waits for it."""

import itertools
import json
import logging
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from localassist.errors import GenerationFailed, LocalAssistError, ModelLoadFailed
from localassist.inference.options import LlamaOptions, OnProgress
from localassist.inference.stream import TokenStream
from localassist.inference.wire import (
    Channel,
    Message,
    pack_request,
    unpack_error,
    unpack_facts,
    unpack_tokens,
)
from localassist.protocols import GenerationRequest, ModelFacts

logger = logging.getLogger(__name__)

_CLOSE_TIMEOUT_S = 10


class WorkerStopped(GenerationFailed):
    """The inference worker process stopped."""


class WorkerProcess:
    """One worker with one loaded model, for as long as it lives. Raises ModelLoadFailed."""

    def __init__(
        self,
        path: Path,
        options: LlamaOptions,
        *,
        environment: Mapping[str, str] | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._on_progress = on_progress
        self._ids = itertools.count()
        self._path = path
        self._replies: dict[int, queue.SimpleQueue[Any]] = {}
        self._streams: WeakValueDictionary[int, TokenStream] = WeakValueDictionary()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process writes to it
        self._process, self._channel = self._start(options, environment)
        self._death: WorkerStopped | None = None
        try:
            self.facts = self._wait_until_loaded()
        except BaseException:
            self._channel.close()
            self._process.kill()
            self._process.wait()
            self._stderr.close()
            raise
        self._reader = threading.Thread(target=self._read, name=f"worker of {path.name}", daemon=True)
        self._reader.start()

    @property
    def is_alive(self) -> bool:
        return self._death is None and self._process.poll() is None

    @property
    def process_id(self) -> int:
        return self._process.pid

    def generate(self, request: GenerationRequest) -> TokenStream:
        """Raises WorkerStopped when the worker died before it took the request."""
        request_id = next(self._ids)
        stream = TokenStream(on_close=lambda: self._cancel(request_id))
        self._streams[request_id] = stream
        self._ask("generate", request_id, request=pack_request(request))
        return stream

    def ask(self, operation: str, **arguments: Any) -> Any:
        """Have something done and return the reply. Raises what the worker raised, or WorkerStopped."""
        return self._ask(operation, next(self._ids), **arguments)

    def close(self) -> None:
        """End the worker; generations that run fail."""
        self._channel.close()
        try:
            self._process.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._stderr.close()

    def _start(
        self, options: LlamaOptions, environment: Mapping[str, str] | None
    ) -> tuple["subprocess.Popen[bytes]", Channel]:
        ours, theirs = socket.socketpair()
        arguments = [str(theirs.fileno()), str(self._path), json.dumps(asdict(options))]
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "localassist.inference.worker", *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                env=None if environment is None else dict(environment),
                start_new_session=True,  # an interrupt of the terminal is ours to handle
            )
        return process, Channel(ours)

    def _wait_until_loaded(self) -> ModelFacts:
        has_started = False
        while (message := self._channel.receive()) is not None:
            match message["op"]:
                case "started":
                    has_started = True
                case "loaded":
                    return unpack_facts(message["facts"])
                case "failed":
                    self._process.wait()
                    raise unpack_error(message["error"])
                case _:
                    self._dispatch(message)
        if not has_started:
            raise ModelLoadFailed(
                f"The process that loads {self._path} could not be started: it {self._how_it_ended()}. The file "
                f"was not looked at. Find out why with: {sys.executable} -P -c 'import localassist.inference.worker'"
            )
        raise ModelLoadFailed(
            f"The model file {self._path} cannot be loaded: the process that tried {self._how_it_ended()}. "
            "The file is damaged or not supported; download it again or use another."
        )

    def _ask(self, operation: str, request_id: int, **arguments: Any) -> Any:
        reply: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._replies[request_id] = reply
        with suppress(OSError):  # then it is dead, and the reply says so
            self._channel.send({"op": operation, "id": request_id, **arguments})
        if self._death is not None:
            reply.put(self._death)
        value = reply.get()
        if isinstance(value, LocalAssistError):
            raise value
        return value

    def _cancel(self, request_id: int) -> None:
        with suppress(OSError):
            self._channel.send({"op": "cancel", "id": request_id})

    def _read(self) -> None:
        """Hand on what arrives until the worker is gone, then fail everything that waits for it."""
        while (message := self._channel.receive()) is not None:
            self._dispatch(message)
        self._death = WorkerStopped(
            f"The inference process {self._how_it_ended()} while it generated. "
            "The model is loaded again for the next request."
        )
        for reply in list(self._replies.values()):
            reply.put(self._death)
        for stream in list(self._streams.values()):
            stream.put([], self._death)

    def _dispatch(self, message: Message) -> None:
        match message["op"]:
            case "tokens":
                for request_id, tokens, error in message["events"]:
                    stream = self._streams.get(request_id)
                    if stream is not None:
                        stream.put(unpack_tokens(tokens), None if error is None else unpack_error(error))
            case "result":
                self._replies.pop(message["id"]).put(message["value"])
            case "error":
                self._replies.pop(message["id"]).put(unpack_error(message["error"]))
            case "progress":
                if self._on_progress is not None:
                    self._on_progress(message["value"])
            case "log":
                logger.log(message["level"], "%s", message["message"])

    def _how_it_ended(self) -> str:
        """In words: by which signal or exit status, and the last thing it said."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_CLOSE_TIMEOUT_S)
        status = self._process.returncode
        if status is None:
            return "does not answer"
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"stopped with exit status {status}"
        self._stderr.seek(0)
        said = [line for line in self._stderr.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return f"{how} ({said[-1].strip()})" if said else how
