"""Runs and their steps: create, stream position, retrieve, list, cancel, submit tool outputs."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from localassist.errors import Conflict, NotFound
from localassist.objects.events import Event
from localassist.objects.run_bodies import CreateRun, CreateThreadAndRun, ModifyRun, SubmitToolOutputs
from localassist.objects.runs import Run, RunStep
from localassist.objects.threads import CreateThread, Thread
from localassist.objects.tools import ToolResources
from localassist.protocols import EventBus, Page, Slice, Store
from localassist.runs.expiry import ExpiryClock
from localassist.runs.lifecycle import ACTIVE, TERMINAL, advance
from localassist.runs.recorder import Recorder
from localassist.runs.worker import RunWorkers
from localassist.service.messages import MessageService
from localassist.service.references import check_message_files, fetch, fetch_in_thread
from localassist.service.resources import ResourceService
from localassist.service.run_settings import RunFactory
from localassist.service.threads import ThreadService
from localassist.service.tool_outputs import match_outputs


@dataclass(frozen=True, slots=True)
class StartedRun:
    """A run and the place in its event log where the answer to this request begins."""

    run: Run
    position: int


class RunService:
    """Runs: create, follow from a position, cancel, submit outputs; their steps."""

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        workers: RunWorkers,
        expiry: ExpiryClock,
        *,
        factory: RunFactory,
        threads: ThreadService,
        messages: MessageService,
        resources: ResourceService,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._bus = bus
        self._workers = workers
        self._expiry = expiry
        self._factory = factory
        self._threads = threads
        self._messages = messages
        self._resources = resources
        self._clock = clock

    # --- start -------------------------------------------------------------------------------------------------------

    def create(self, thread_id: str, body: CreateRun) -> StartedRun:
        """Store and queue a run. Raises Conflict while another run of the thread is active."""
        thread = fetch(self._store, Thread, thread_id, param="thread_id")
        run = self._factory.build(thread.id, body)
        for index, message in enumerate(body.additional_messages or ()):
            check_message_files(self._store, message, path=f"additional_messages[{index}].")
        with self._store.transaction():
            for active in self._store.all(Run, thread_id=thread_id, status=ACTIVE):
                raise Conflict(f"Thread {thread_id} already has an active run {active.id}.")
            for message in body.additional_messages or ():
                self._messages.append(thread_id, message)
            self._store.insert(run)
        return self._start(run)

    def create_with_thread(self, body: CreateThreadAndRun) -> StartedRun:
        """Create a thread and its first run; neither is stored when one is refused."""
        thread_body = body.thread or CreateThread()
        self._threads.check(thread_body, path="thread.")
        with self._store.transaction():
            thread = self._threads.create(thread_body)
            run = self._factory.build(thread.id, body, tool_resources=self._override(body))
            self._store.insert(run)
        self._bus.publish(run.id, Event("thread.created", thread))
        return self._start(run)

    def _override(self, body: CreateThreadAndRun) -> ToolResources | None:
        return None if body.tool_resources is None else self._resources.resolve(body.tool_resources)

    def _start(self, run: Run) -> StartedRun:
        self._bus.publish(run.id, Event("thread.run.created", run))
        self._bus.publish(run.id, Event("thread.run.queued", run))
        self._queue()
        return StartedRun(run, 0)

    def _queue(self) -> None:
        self._workers.notify()
        self._expiry.notify()

    # --- tool outputs and cancel -------------------------------------------------------------------------------------

    def submit(self, thread_id: str, run_id: str, body: SubmitToolOutputs) -> StartedRun:
        """Take the outputs of all waiting calls and queue the run again. Raises Conflict in another status."""
        with self._store.transaction():
            run = self.get(thread_id, run_id)
            if run.status != "requires_action" or run.required_action is None:
                raise Conflict(f'Runs in status "{run.status}" do not accept tool outputs.')
            output_by_call_id = match_outputs(run.required_action, body)
            position = self._bus.position(run_id)
            recorder = Recorder(self._store, self._bus, run, clock=self._clock)
            events = recorder.resume(output_by_call_id)
        for event in events:
            self._bus.publish(run_id, event)
        self._queue()
        return StartedRun(recorder.run, position)

    def cancel(self, thread_id: str, run_id: str) -> Run:
        """Begin to cancel an active run; the answer says `cancelling`. Raises Conflict with nothing to stop."""
        with self._store.transaction():
            run = self.get(thread_id, run_id)
            if run.status in TERMINAL or run.status == "cancelling":
                raise Conflict(f"Cannot cancel run with status '{run.status}'.")
            cancelling = advance(run, "cancelling", at=self._clock())
            self._store.update(cancelling)
        self._bus.publish(run_id, Event("thread.run.cancelling", cancelling))
        if not self._workers.stop(run_id, "cancelled"):
            self._end_cancelled(cancelling)
        return cancelling

    def _end_cancelled(self, run: Run) -> None:
        stored = self._store.find(Run, run.id)
        if stored is not None and stored.status == "cancelling":
            Recorder(self._store, self._bus, stored, clock=self._clock).end("cancelled")

    # --- read and modify ---------------------------------------------------------------------------------------------

    def get(self, thread_id: str, run_id: str) -> Run:
        return fetch_in_thread(self._store, Run, thread_id, run_id, param="run_id")

    def page(self, thread_id: str, page: Page) -> Slice[Run]:
        fetch(self._store, Thread, thread_id, param="thread_id")
        return self._store.page(Run, page, thread_id=thread_id)

    def find(self, run_id: str) -> Run:
        """An extension: a run by its own id alone."""
        return fetch(self._store, Run, run_id, param="run_id")

    def page_of_all(self, page: Page, *, statuses: Collection[str] = ()) -> Slice[Run]:
        """An extension: the runs of all threads, or those in some statuses."""
        return self._store.page(Run, page, status=statuses) if statuses else self._store.page(Run, page)

    def modify(self, thread_id: str, run_id: str, body: ModifyRun) -> Run:
        with self._store.transaction():
            run = self.get(thread_id, run_id)
            if body.given("metadata"):
                run = run.model_copy(update={"metadata": body.metadata or {}})
                self._store.update(run)
        return run

    def step(self, thread_id: str, run_id: str, step_id: str) -> RunStep:
        run = self.get(thread_id, run_id)
        step = fetch_in_thread(self._store, RunStep, thread_id, step_id, param="step_id")
        if step.run_id != run.id:
            raise NotFound.of(RunStep.kind, step_id)
        return step

    def steps(self, thread_id: str, run_id: str, page: Page) -> Slice[RunStep]:
        self.get(thread_id, run_id)
        return self._store.page(RunStep, page, run_id=run_id)
