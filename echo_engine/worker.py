"""The engine's child process: commands in, replies out, llama.cpp in between.

`python -m echo_engine.worker`. Left out: who starts it (`client`), how a completion is
made (`session`), background work (`errands`), loading (`loaded`).

Rules
 - One thread reads commands and only notes them; the main thread does them one after the other, in
   the order that `mailbox` has. What it drops is answered by the reading thread.
 - An adapter is read by a third thread, while the main one goes on; only putting it over the model
   waits for the job that runs.
 - A preparation that is stopped goes on later where it was; background work is given up.
 - The process ends with the daemon: when standard input closes, or its parent is gone.
 - Only replies are written to the pipe. llama.cpp may print to descriptor 1 as it likes: the pipe
   is moved elsewhere before llama.cpp is loaded.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO, Final

from echo_core import limits
from echo_core.clock import Clock
from echo_core.completion.prompt_tokens import prepare
from echo_core.errors import EngineError, ModelError, WireError
from echo_engine.api import Finished, FinishReason, Piece, Started
from echo_engine.aside import Stopped, TooLongError
from echo_engine.failures import SENTENCES, LoadError
from echo_engine.loaded import Engine, inspect
from echo_engine.mailbox import BackgroundWork, Fitted, Mailbox
from echo_engine.protocol import (
    LINE_BYTES_MAX,
    Adapt,
    Ask,
    Began,
    Cancel,
    Compose,
    Describe,
    Done,
    Exit,
    Failed,
    FailureKind,
    Inspect,
    Inspected,
    Load,
    Loaded,
    Prepare,
    Reply,
    Run,
    Weigh,
    Wrote,
    Yielded,
    decode_command,
    encode,
)
from echo_engine.session import Limits
from echo_runtime.clock import SystemClock

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


class Worker:
    """The two threads' common ground."""

    def __init__(self, commands: BinaryIO, replies: BinaryIO, clock: Clock) -> None:
        self._commands = commands
        self._replies = replies
        self._writing = threading.Lock()  # both threads reply
        self._clock = clock
        self._mailbox = Mailbox()
        self._engine: Engine | None = None

    def read_commands(self) -> None:
        """The reading thread: until the pipe ends, and with it the process."""
        while line := self._commands.readline(LINE_BYTES_MAX + 1):
            try:
                command = decode_command(line)
            except WireError:
                self._fail(0, FailureKind.MALFORMED)
                continue
            if isinstance(command, Exit):
                break
            for dropped in self._mailbox.put(command):
                self._reply(_given_up(dropped))
        # The main thread may be inside llama.cpp for a while; nobody waits for its answer.
        os._exit(0)

    def work(self) -> None:
        """The main thread: do what comes, for ever."""
        while True:
            command = self._mailbox.take()
            match command:
                case Run():
                    self._run(command)
                case Prepare():
                    self._prepare(command)
                case Ask() | Weigh() | Compose():
                    self._run_errand(command)
                case Load():
                    self._load(command)
                case Adapt():
                    self._adapt(command)
                case Fitted():
                    self._fit(command)
                case Inspect():
                    self._inspect(command)
                case Describe():
                    self._describe()
                case Cancel() | Exit():  # done by the reading thread
                    pass

    def _load(self, command: Load) -> None:
        self._engine = None
        try:
            self._engine = Engine(command, self._clock)
        except LoadError as error:
            self._fail(0, error.kind)
        except EngineError:
            self._fail(0, FailureKind.OTHER)
        else:
            self._describe()

    def _adapt(self, command: Adapt) -> None:
        engine = self._engine
        if engine is None:
            self._fail(0, FailureKind.NOT_LOADED)
            return
        reading = threading.Thread(target=self._read_adapter, args=(engine, command), daemon=True)
        reading.start()

    def _read_adapter(self, engine: Engine, command: Adapt) -> None:
        """On a thread of its own. The client changes one thing at a time: nothing overtakes it."""
        try:
            adapter = engine.read_adapter(command.adapter)
        except LoadError as error:
            self._fail(0, error.kind)
        else:
            self._mailbox.put(Fitted(command.model, adapter))

    def _fit(self, fitted: Fitted) -> None:
        try:
            if self._engine is not None:
                self._engine.adapt(fitted.model, fitted.adapter)
        except LoadError as error:
            self._fail(0, error.kind)
        else:
            self._describe()

    def _describe(self) -> None:
        if self._engine is None:
            self._fail(0, FailureKind.NOT_LOADED)
        else:
            self._reply(Loaded(self._engine.description))

    def _inspect(self, command: Inspect) -> None:
        try:
            self._reply(Inspected(inspect(Path(command.path))))
        except LoadError as error:
            self._fail(0, error.kind)
        except EngineError:
            self._fail(0, FailureKind.OTHER)

    def _run(self, command: Run) -> None:
        engine = self._engine
        if engine is None:
            self._fail(command.id, FailureKind.NOT_LOADED)
            return
        if not self._mailbox.wanted():
            self._reply(_given_up(command))
            return
        wanted = self._mailbox.wanted
        engine.context.abort_unless(wanted)
        room = engine.context.tokens - command.tokens_max
        within = Limits(
            tokens_max=command.tokens_max,
            deadline_ms=command.deadline_ms,
            stop=command.stop,
            wanted=wanted,
            avoid=command.avoid,
        )
        try:
            ready = prepare(engine.family, command.window, engine.vocabulary, room)
            for said in engine.session.run(ready, within):
                self._reply(_as_reply(command.id, said, engine.description.model))
        except (EngineError, ModelError):
            self._fail(command.id, FailureKind.EVALUATION)

    def _prepare(self, command: Prepare) -> None:
        engine = self._engine
        if engine is None:
            return
        engine.context.abort_unless(self._mailbox.quiet)
        # As much room as a job leaves, so that a long prompt is cut as the job will cut it.
        room = engine.context.tokens - limits.COMPLETION_TOKENS_MAX
        try:
            ready = prepare(engine.family, command.window, engine.vocabulary, room)
            if not engine.session.prepare(ready, self._mailbox.quiet):
                self._mailbox.put_back(command)
        except (EngineError, ModelError):
            pass  # nobody waits for it; a job that meets the same says so

    def _run_errand(self, command: BackgroundWork) -> None:
        engine, idle = self._engine, self._mailbox.idle
        if engine is None:
            self._fail(command.id, FailureKind.NOT_LOADED)
            return
        if engine.errands is None:
            self._fail(command.id, FailureKind.NOT_ASIDE)
            return
        engine.context.abort_unless(idle)
        try:
            self._reply(engine.errands.run(command, idle))
        except Stopped:
            self._reply(Yielded(command.id))
        except TooLongError:
            self._fail(command.id, FailureKind.TOO_LONG)
        except (EngineError, ModelError):
            self._fail(command.id, FailureKind.EVALUATION)

    def _fail(self, job: int, kind: FailureKind) -> None:
        self._reply(Failed(job, kind, SENTENCES[kind]))

    def _reply(self, reply: Reply) -> None:
        with self._writing:
            try:
                self._replies.write(encode(reply))
                self._replies.flush()
            except OSError:
                os._exit(0)  # the daemon is gone


def _as_reply(job: int, said: Started | Piece | Finished, model: str) -> Began | Wrote | Done:
    if isinstance(said, Started):
        return Began(job, said.tokens_prompt, said.tokens_evaluated, said.prompt_ms, model)
    if isinstance(said, Piece):
        return Wrote(job, said.text, said.logprob, said.tokens)
    return Done(
        id=job,
        reason=said.reason,
        tokens_prompt=said.tokens_prompt,
        tokens_evaluated=said.tokens_evaluated,
        tokens_written=said.tokens_written,
        prompt_ms=said.prompt_ms,
        write_ms=said.write_ms,
        tokens_drafted=said.tokens_drafted,
        tokens_accepted=said.tokens_accepted,
    )


def _given_up(command: Run | BackgroundWork) -> Done | Yielded:
    if isinstance(command, Run):
        return Done(command.id, FinishReason.CANCELLED, 0, 0, 0, 0.0, 0.0)
    return Yielded(command.id)


def _die_with_parent(parent: int) -> None:
    """Linux: be killed when the daemon is. Elsewhere the end of standard input has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died while we were asking
            os._exit(0)


def _private_pipe() -> BinaryIO:
    """The pipe to the daemon under another number; descriptors 1 and 2 lead nowhere from now on."""
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return replies


def main() -> None:
    """Serve the daemon at the other end of standard input and output until it goes away."""
    _die_with_parent(os.getppid())
    # Ctrl-C in a terminal is meant for the daemon, which then ends this process in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = _private_pipe()
    # A failed assertion in ggml would start a debugger to print a stack nobody reads.
    os.environ["GGML_NO_BACKTRACE"] = "1"
    # How long OpenMP's threads spin before they sleep; read when llama.cpp loads it. Milliseconds a
    # token, 0.5B, two cores: idle 86 when they never spin, 60 at 3,000 turns as with no limit;
    # with both cores busy (SmolLM) 35 when they never spin, 57 at 3,000, 218 to 426 by default.
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")
    worker = Worker(sys.stdin.buffer, replies, SystemClock())
    threading.Thread(target=worker.read_commands, name="commands", daemon=True).start()
    worker.work()


if __name__ == "__main__":
    main()
