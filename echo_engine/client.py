"""The client's end of the engine: one worker for all that ask, started, watched and ended here.

Left out: the process and its pipe (`child`), what the worker does (`worker`).

Rules
 - Nothing is loaded before the first job, and nothing stays loaded when nobody has asked for long.
 - A worker that dies costs the jobs it was doing an EngineError each. The next job starts another:
   at once after the first death, later and later while they go on dying.
 - A crash while a model is loaded is blamed on kernels that are special to the processor (virtual
   machines promise instructions that they cannot do) and on the GPU: the next try does without
   the first and puts less on the second.
 - A worker that dies over a preparation costs nobody an error: a job it had not begun is sent to
   the next one. After a few such deaths nothing is prepared any more.
 - Background work waits for nothing: with a job there it is refused. It loads a model, but does
   not keep one that nobody else has asked for.
 - Loading belongs to the client, not to the job that caused it: a cancelled job does not undo it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

from echo_core.clock import Clock
from echo_core.completion.offload import FAILURES_MAX
from echo_core.completion.window import Window
from echo_core.errors import EngineError, WireError
from echo_core.records.wire import EngineDescription
from echo_engine import failures
from echo_engine.api import (
    EngineOptions,
    EngineState,
    Fault,
    Finished,
    FinishReason,
    Job,
    ModelFile,
    Piece,
    Started,
    SwapError,
)
from echo_engine.background import (
    Answers,
    Draft,
    Drafted,
    Likelihood,
    Likely,
    Preempted,
    Question,
)
from echo_engine.child import NO_START, WORKER, Child, ChildDiedError
from echo_engine.mailbox import BackgroundWork
from echo_engine.protocol import (
    Answered,
    Ask,
    Compose,
    Composed,
    Failed,
    FailureKind,
    Load,
    Loaded,
    Prepare,
    Weigh,
    Weighed,
)
from echo_engine.replies import Told, replies, reply
from echo_engine.trial import SMALL, adapted, load_command, tried

CRASHES_LOADING_MAX: Final = 3  # one with special kernels, two without
CRASHES_PREPARING_MAX: Final = 3  # each costs loading the model again
BACKOFF_MS_FIRST: Final = 500.0  # before the second restart in a row; doubled each time
BACKOFF_MS_MAX: Final = 30_000.0
RETRY_FAILED_MS: Final = 60_000.0  # a model that could not be loaded is not tried at every key
BACKGROUND_KEEP_MS: Final = 60_000.0  # the next sample comes at once, or not for hours

_MS_PER_MINUTE: Final = 60_000.0


class EngineClient:
    """`api.Engine` and `background.Background` over a child process. Used from one event loop."""

    def __init__(
        self,
        clock: Clock,
        options: EngineOptions,
        model: ModelFile | None,
        command: Sequence[str] = WORKER,
    ) -> None:
        """Nothing is started. `command` is the worker's program and arguments."""
        self._clock = clock
        self._options = options
        self._model = model
        self._command = tuple(command)
        self._state = EngineState.IDLE if model else EngineState.NO_MODEL
        self._failure = ""
        self._child: Child | None = None
        self._description: EngineDescription | None = None
        self._loading: asyncio.Task[Child | EngineError] | None = None
        self._unloading: asyncio.Task[None] | None = None
        self._closed = False
        self._plain, self._gpu_failures, self._restarts, self._crashes_preparing = False, 0, 0, 0
        self._deaths_in_a_row, self._retry_at_ms = 0, 0.0
        self._job_newest = self._jobs_running = 0
        self._behind_newest = 0  # background work is numbered downwards
        self._swapping = asyncio.Lock()
        self._behind = asyncio.Lock()  # one thing after the other
        self._needed_until_ms = 0.0
        self._heard_ms = 0.0

    @property
    def state(self) -> EngineState:
        if self._state is EngineState.FAILED and self._clock.steady_ms() >= self._retry_at_ms:
            # Whoever asks nothing of an engine that has failed may ask again from here on.
            self._state, self._failure = EngineState.IDLE, ""
        return self._state

    @property
    def failure(self) -> str:
        return self._failure

    @property
    def model(self) -> str:
        return self._model.name if self._model else ""

    @property
    def note(self) -> str:
        return self._description.note if self._description else ""

    @property
    def restarts(self) -> int:
        return self._restarts

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    @property
    def heard_ms(self) -> float:
        return self._heard_ms

    # --- jobs --------------------------------------------------------------------------------

    async def run(self, job: Job) -> AsyncGenerator[Started | Piece | Finished, None]:
        """Write a completion; see `api.Engine.run`. Close the generator to cancel the job."""
        self._job_newest = number = self._job_newest + 1
        self._job_began()
        try:
            again = True
            while again:
                child, again = await self._ready(), False
                if number != self._job_newest:  # a newer one came while the model was loaded
                    yield Finished(FinishReason.CANCELLED, 0, 0, 0, 0.0, 0.0)
                    return
                begun = False
                try:
                    async for said in replies(child, number, job):
                        begun = True
                        if isinstance(said, Finished):
                            self._deaths_in_a_row = 0
                        yield said
                except ChildDiedError as error:
                    again = child.prepares and not begun and self._child is not child
                    if not again or self._crashes_preparing >= CRASHES_PREPARING_MAX:
                        raise EngineError(failures.DIED) from error
                    self._crashes_preparing += 1
        finally:
            self._job_ended()

    def prepare(self, window: Window) -> None:
        """Read a window's prompt in idle time; see `api.Engine.prepare`."""
        if self._child is None or self._state is not EngineState.READY:
            return
        if self._crashes_preparing < CRASHES_PREPARING_MAX:
            with contextlib.suppress(WireError):  # too large: the job will say so
                self._child.prepare(Prepare(window))

    async def ask(self, question: Question) -> Answers:
        """The probability of each answer; see `background.Background`."""
        return (await self._work(Answered, lambda number: Ask(number, question))).answers

    async def weigh(self, likelihood: Likelihood) -> Likely:
        """The probability of a target."""
        return (await self._work(Weighed, lambda number: Weigh(number, likelihood))).likely

    async def draft(self, draft: Draft) -> Drafted:
        """What the model itself writes."""
        return (await self._work(Composed, lambda number: Compose(number, draft))).drafted

    async def _work(self, kind: type[Told], numbered: Callable[[int], BackgroundWork]) -> Told:
        """Do something that nobody waits for.

        Raises:
            Preempted: there is a job, or one came.
            EngineError: it cannot be done.
        """
        async with self._behind:
            if self._jobs_running:
                raise Preempted(failures.TYPING)
            if self._crashes_preparing >= CRASHES_PREPARING_MAX:
                raise EngineError(failures.DIES_BEHIND)
            self._behind_newest -= 1
            try:
                child = await self._ready()
                return await reply(child, numbered(self._behind_newest), kind)
            except ChildDiedError as error:
                raise EngineError(failures.DIED_BEHIND) from error
            finally:
                self._keep(BACKGROUND_KEEP_MS)

    async def describe(self) -> EngineDescription:
        """What is loaded; loads it first where needed."""
        await self.warm()
        if self._description is None:  # it died since
            raise EngineError(failures.DIED)
        return self._description

    async def warm(self) -> None:
        """Load the model if it is not loaded."""
        self._job_began()
        try:
            await self._ready()
        finally:
            self._job_ended()

    async def swap(self, model: ModelFile, jobs: Sequence[Job]) -> None:
        """Answer from `model` from here on; no job is lost. `jobs` are tried with it first.

        Raises SwapError where it cannot be loaded, or fails: the old one answers on.
        """
        async with self._swapping:
            before = self._model
            in_place = before is not None and before.path == model.path
            takes_over = not in_place and self._state is EngineState.READY
            load = self._load_command(model) if takes_over else load_command(model, SMALL)
            told = (self._child_ended, self._heard)
            second, description = None, self._description
            if jobs or takes_over:
                second, description = await tried(self._command, load, jobs, self._clock, told)
            if self._loading is not None:
                await asyncio.wait({self._loading})
            old = self._child if self._state is EngineState.READY else None
            changed = self._model is not before or (old and not (in_place or takes_over))
            if second is not None and (changed or old is None or in_place):
                await second.end()
            if changed:
                raise SwapError(failures.CHANGED, Fault.CHANGED)
            if old is not None and in_place:
                self._description = await adapted(old, model)
            elif old is not None:
                self._child, self._description = second, description
                old.retire()
            else:
                self._state, self._failure = EngineState.IDLE, ""
            self._model = model

    async def use(self, model: ModelFile | None) -> None:
        """Choose another model (or none, or the same file anew); running jobs end with an error."""
        await self._stop()
        self._model = model
        self._state = EngineState.IDLE if model else EngineState.NO_MODEL
        self._failure, self._plain, self._gpu_failures = "", False, 0
        self._deaths_in_a_row = self._crashes_preparing = 0

    async def close(self) -> None:
        """End the worker. Idempotent."""
        self._closed = True
        await self._stop()
        self._state = EngineState.IDLE if self._model else EngineState.NO_MODEL

    # --- loading -----------------------------------------------------------------------------

    async def _ready(self) -> Child:
        """The worker with its model loaded.

        Raises:
            EngineError: there is none.
        """
        if self._closed:
            raise EngineError(failures.CLOSED)
        if self._model is None:
            raise EngineError(failures.NO_MODEL)
        if self._child is not None and self._state is EngineState.READY:
            return self._child
        if self.state is EngineState.FAILED:
            raise EngineError(self._failure)
        if self._loading is None or self._loading.done():
            self._state, self._failure = EngineState.LOADING, ""
            self._loading = asyncio.create_task(self._load(self._model))
        loading = self._loading
        await asyncio.wait({loading})  # unlike awaiting it, leaves it alone when we are cancelled
        if loading.cancelled():
            raise EngineError(failures.CHANGED)
        result = loading.result()
        if isinstance(result, EngineError):
            raise EngineError(str(result)) from result
        return result  # where it has died since, sending to it says so

    async def _load(self, model: ModelFile) -> Child | EngineError:
        """Start a worker and load `model`; or what went wrong. Cancelled by `_stop`."""
        crashes = 0
        while crashes < CRASHES_LOADING_MAX:
            await self._back_off()
            try:
                child = self._child = await Child.start(
                    self._command, self._child_ended, self._heard
                )
                answer = await child.ask(self._load_command(model))
            except OSError:
                return self._failed(NO_START)
            except ChildDiedError:
                crashes += 1
                self._plain = True
                self._gpu_failures += 1
                continue
            if isinstance(answer, Loaded):
                self._description = answer.description
                self._state = EngineState.READY
                return child
            self._child = None  # ended by us: not a death to be counted
            await child.end()
            if not isinstance(answer, Failed):
                return self._failed(failures.CRASHES)
            if answer.kind is not FailureKind.GPU or self._gpu_failures >= FAILURES_MAX:
                return self._failed(answer.message)
            self._gpu_failures += 1
        return self._failed(failures.CRASHES)

    def _load_command(self, model: ModelFile) -> Load:
        return load_command(model, self._options, self._plain, self._gpu_failures)

    async def _back_off(self) -> None:
        """Let time pass before a worker is started again, but not before the first restart."""
        if self._deaths_in_a_row > 1:
            doublings = min(self._deaths_in_a_row - 2, 16)
            await self._clock.sleep_ms(min(BACKOFF_MS_FIRST * 2**doublings, BACKOFF_MS_MAX))

    def _failed(self, sentence: str) -> EngineError:
        self._state, self._failure = EngineState.FAILED, sentence
        self._retry_at_ms = self._clock.steady_ms() + RETRY_FAILED_MS
        return EngineError(sentence)

    # --- endings -----------------------------------------------------------------------------

    def _heard(self) -> None:
        self._heard_ms = self._clock.steady_ms()

    def _child_ended(self, child: Child) -> None:
        if child is not self._child:
            return  # we ended it ourselves
        self._child, self._description = None, None
        self._restarts += 1
        self._deaths_in_a_row += 1
        if child.prepares and not child.busy:
            self._crashes_preparing += 1
        if self._state is EngineState.READY:
            self._state = EngineState.IDLE

    async def _stop(self) -> None:
        """No worker, no loading, no timer."""
        child, self._child, self._description = self._child, None, None
        for task in (self._loading, self._unloading):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                await asyncio.wait({task})
        # Loading may have started one between our first line and its cancellation.
        late, self._child = self._child, None
        for one in (child, late):
            if one is not None:
                await one.end()

    def _job_began(self) -> None:
        self._jobs_running += 1
        if self._unloading is not None:
            self._unloading.cancel()
            self._unloading = None

    def _job_ended(self) -> None:
        self._jobs_running -= 1
        self._keep(self._options.idle_minutes * _MS_PER_MINUTE)

    def _keep(self, ms: float) -> None:
        """The model stays for so long at least, if nothing more is asked of it."""
        self._needed_until_ms = max(self._needed_until_ms, self._clock.steady_ms() + ms)
        waits = self._unloading is not None and not self._unloading.done()
        idle = self._jobs_running == 0 and not waits
        if idle and self._options.idle_minutes > 0 and not self._closed:
            self._unloading = asyncio.create_task(self._unload_when_idle())

    async def _unload_when_idle(self) -> None:
        while (left_ms := self._needed_until_ms - self._clock.steady_ms()) > 0:
            await self._clock.sleep_ms(left_ms)
            if self._behind.locked():  # it is asked of just now
                self._needed_until_ms = self._clock.steady_ms() + BACKGROUND_KEEP_MS
        # From here to the end of the child nothing is awaited before the state says IDLE.
        if self._child is not None and self._state is EngineState.READY:
            child, self._child, self._description = self._child, None, None
            self._state = EngineState.IDLE
            await child.end()
