"""An engine worker without llama.cpp: a real child process that writes what a text file says.

`python tests/echo_testing/fake_engine.py --text FILE`, or `-m echo_testing.fake_engine` with
`tests` on the path. A completion is looked up: the longest end of the text before the cursor that
stands in FILE is continued from there to the end of its line; a further candidate is what follows
another place where it stands. A model file or an adapter that begins with `fake engine:` is the
book in place of FILE; an adapter of anything else is refused. With `--says TEXT` it is always TEXT,
at once: for whoever measures everything but the engine.

Left out: weights, tokens (a word counts as one), healing.

Rules
 - The same jobs give the same replies; how long they take is no part of it.
 - It speaks through the product's own protocol and notes commands in the product's own mailbox.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Final

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "daemon")]

from echo_core.completion.candidates import opening  # noqa: E402
from echo_core.completion.offload import Needs, placed  # noqa: E402
from echo_core.completion.window import Window  # noqa: E402
from echo_core.records.wire import EngineDescription  # noqa: E402 - needs the path above
from echo_daemon.replay.answers import described  # noqa: E402
from echo_engine.api import FinishReason  # noqa: E402
from echo_engine.background import Answers, Drafted, Likely  # noqa: E402
from echo_engine.failures import SENTENCES  # noqa: E402
from echo_engine.mailbox import BackgroundWork, Mailbox  # noqa: E402
from echo_engine.protocol import (  # noqa: E402
    Adapt,
    Answered,
    Ask,
    Began,
    Compose,
    Composed,
    Describe,
    Done,
    Exit,
    Failed,
    FailureKind,
    Inspect,
    Inspected,
    Inspection,
    Load,
    Loaded,
    Prepare,
    Reply,
    Run,
    Weigh,
    Weighed,
    Wrote,
    Yielded,
    decode_command,
    encode,
)

CONTEXT_CHARS_MAX = 400  # of the text before the cursor, looked up in the file
LOGPROB = -0.125  # of each word
BOOK_SIGN: Final = "fake engine:\n"
FAKE_LAYERS: Final = 9


def continuation(book: str, before: str, avoid: tuple[str, ...] = ()) -> str:
    """What follows the longest end of `before` in `book`, to the end of that line.

    Not what begins as one of `avoid` does.
    """
    before = before[-CONTEXT_CHARS_MAX:]
    for start in range(len(before)):
        for found in re.finditer(re.escape(before[start:]), book):
            line = book[found.end() :].partition("\n")[0]
            if not avoid or opening(line) not in {"", *avoid}:
                return line
    return ""


def book_of(path: str) -> str | None:
    """The book that a file is, if it is one."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    text = text.removeprefix("GGUF")  # where it must look like one
    return text.removeprefix(BOOK_SIGN) if text.startswith(BOOK_SIGN) else None


def answer_at_once(text: str) -> None:
    """Load anything, and write `text` whatever is asked, each reply to a job in one piece.

    One thread, no search, one write.
    """
    for line in sys.stdin.buffer:
        match decode_command(line):
            case Load() as load:
                replies: list[Reply] = [Loaded(described(load))]
            case Run() as run:
                replies = [
                    Began(run.id, 1, 1, 0.0),
                    Wrote(run.id, text, LOGPROB, 1),
                    Done(run.id, FinishReason.END, 1, 1, 1, 0.0, 0.0),
                ]
            case Exit():
                break
            case _:
                continue  # there is nothing to prepare, and nothing left to cancel
        sys.stdout.buffer.write(b"".join(map(encode, replies)))
        sys.stdout.buffer.flush()


class FakeEngine:
    """The main thread's part."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._own = Path(options.text).read_text(encoding="utf-8") if options.text else ""
        self._book = self._own
        self._mailbox = Mailbox()
        self._woken = threading.Event()
        self._writing = threading.Lock()
        self._jobs = 0
        self._prepared: Window | None = None
        self._loaded: EngineDescription | None = None

    def read_commands(self) -> None:
        """Until the daemon goes away."""
        for line in sys.stdin.buffer:
            command = decode_command(line)
            if isinstance(command, Exit):
                break
            for dropped in self._mailbox.put(command):
                if isinstance(dropped, Run):
                    self._say(Done(dropped.id, FinishReason.CANCELLED, 0, 0, 0, 0.0, 0.0))
                else:
                    self._say(Yielded(dropped.id))
            self._woken.set()
        os._exit(0)

    def work(self) -> None:
        """Answer what comes, for ever."""
        while True:
            match self._mailbox.take():
                case Load() as load:
                    self._load(load)
                case Adapt() as adapt:
                    self._adapt(adapt)
                case Run() as run:
                    self._run(run)
                case Prepare() as prepare:
                    self._prepare(prepare)
                case Ask() | Weigh() | Compose() as errand:
                    self._run_errand(errand)
                case Inspect():
                    self._say(Inspected(Inspection("fake", "fake", "fake", 1, "F32", has_fim=True)))
                case Describe():
                    self._described()
                case _:
                    pass

    def _load(self, load: Load) -> None:
        placement = placed(Needs(FAKE_LAYERS, 1, 0), load.gpu_layers, None, load.gpu_failures)
        if (
            self._options.crash_loading
            or (self._options.crash_unless_plain and not load.plain)
            or (self._options.crash_on_gpu and placement.layers)
        ):
            os.kill(os.getpid(), signal.SIGSEGV)
        if self._options.never_load:
            threading.Event().wait()
        if self._options.fail_loading:
            kind = FailureKind(self._options.fail_loading)
            self._say(Failed(0, kind, SENTENCES[kind]))
            return
        if 0 <= self._options.gpu_layers_max < placement.layers:
            self._say(Failed(0, FailureKind.GPU, SENTENCES[FailureKind.GPU]))
            return
        loaded = replace(
            described(load),
            backend="fake" if placement.layers else "cpu",
            gpu_layers=placement.layers,
            layers=FAKE_LAYERS,
            note=placement.note,
        )
        book = book_of(load.path)
        self._own = self._own if book is None else book
        self._put(loaded, load.adapter)

    def _adapt(self, adapt: Adapt) -> None:
        if self._loaded is None:
            self._described()
        else:
            self._put(replace(self._loaded, model=adapt.model, load_ms=0), adapt.adapter)

    def _put(self, loaded: EngineDescription, adapter: str) -> None:
        book = book_of(adapter) if adapter else self._own
        if book is None:
            self._say(Failed(0, FailureKind.ADAPTER, SENTENCES[FailureKind.ADAPTER]))
            return
        self._book, self._loaded = book, loaded
        self._described()

    def _prepare(self, prepare: Prepare) -> None:
        """Done at once, or never, but stopped by whatever comes."""
        if self._options.crash_preparing:
            while self._options.hold_preparing and self._mailbox.quiet():
                self._woken.wait()
                self._woken.clear()
            os.kill(os.getpid(), signal.SIGKILL)
        if not self._options.hold_preparing:
            self._prepared = prepare.window
            return
        while self._mailbox.quiet():
            self._woken.wait()
            self._woken.clear()
        self._mailbox.put_back(prepare)

    def _run_errand(self, errand: BackgroundWork) -> None:
        """At once, or never, but given up for whatever comes."""
        if self._options.crash_behind:
            os.kill(os.getpid(), signal.SIGKILL)
        while self._options.hold_behind and self._mailbox.idle():
            self._woken.wait()
            self._woken.clear()
        if self._options.hold_behind:
            self._say(Yielded(errand.id))
        elif isinstance(errand, Ask):
            logprobs = tuple(LOGPROB * (at + 1) for at in range(len(errand.question.answers)))
            self._say(Answered(errand.id, Answers(logprobs, 1, 1, 0.0)))
        elif isinstance(errand, Weigh):
            words = len(errand.likelihood.target.split())
            void = self._options.void_logprob
            likely = Likely(LOGPROB * words, words, void, LOGPROB, 1, 1, 0.0)
            self._say(Weighed(errand.id, likely))
        else:
            window = errand.draft.window
            text = continuation(self._book, window.head + window.tail)
            self._say(Composed(errand.id, Drafted(text, LOGPROB, 1, 1, 1, 0.0)))

    def _described(self) -> None:
        if self._loaded is None:
            self._say(Failed(0, FailureKind.NOT_LOADED, SENTENCES[FailureKind.NOT_LOADED]))
        else:
            self._say(Loaded(self._loaded))

    def _run(self, run: Run) -> None:
        self._jobs += 1
        if self._jobs == self._options.crash_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._jobs == self._options.garbage_at:
            sys.stdout.buffer.write(b"llama_decode: something went wrong\n")
            sys.stdout.buffer.flush()
        before = run.window.head + run.window.tail
        prompt = len(before.split()) + 1
        cold = self._options.cold and run.window != self._prepared
        evaluated = prompt if cold else 1
        name = self._loaded.model if self._loaded is not None else ""
        self._say(Began(run.id, prompt, evaluated, 0.0, name))
        words = re.findall(r"\S+\s*|\s+", continuation(self._book, before, run.avoid))
        reason, written = FinishReason.END, 0
        for word in words:
            if written == run.tokens_max:
                reason = FinishReason.LIMIT
            elif any(stop and stop in word for stop in run.stop):
                reason = FinishReason.STOP
            elif not self._still_wanted():
                reason = FinishReason.CANCELLED
            else:
                self._say(Wrote(run.id, word, LOGPROB, 1))
                written += 1
                self._hold(run)
                continue
            break
        if not self._still_wanted():
            reason = FinishReason.CANCELLED
        self._say(Done(run.id, reason, prompt, evaluated, written, 0.0, 0.0))

    def _hold(self, run: Run) -> None:
        """Wait as the options say, or until the job is cancelled."""
        held = self._options.hold and run.window.tail.endswith(self._options.hold)
        if held:
            while self._still_wanted():
                self._woken.wait()
                self._woken.clear()
        elif self._options.delay_ms and self._still_wanted():
            self._woken.clear()
            self._woken.wait(self._options.delay_ms / 1000)

    def _still_wanted(self) -> bool:
        return self._mailbox.wanted()

    def _say(self, reply: Reply) -> None:
        with self._writing:
            sys.stdout.buffer.write(encode(reply))
            sys.stdout.buffer.flush()


def main() -> None:
    """Be an engine worker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", help="the file that completions are read from")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="after each piece")
    parser.add_argument("--hold", default="", help="a job whose tail ends so writes one piece")
    parser.add_argument("--crash-at", type=int, default=0, help="die at the n-th job, from 1")
    parser.add_argument("--garbage-at", type=int, default=0, help="write no message at the n-th")
    parser.add_argument("--cold", action="store_true", help="only prepared prompts are read")
    parser.add_argument("--crash-preparing", action="store_true")
    parser.add_argument("--hold-preparing", action="store_true", help="until something comes")
    parser.add_argument("--hold-behind", action="store_true", help="background work, until then")
    parser.add_argument("--crash-behind", action="store_true", help="at any background work")
    parser.add_argument("--crash-loading", action="store_true")
    parser.add_argument("--crash-unless-plain", action="store_true")
    parser.add_argument("--crash-on-gpu", action="store_true", help="with any layer there")
    parser.add_argument("--gpu-layers-max", type=int, default=-1, help="more are refused")
    parser.add_argument("--never-load", action="store_true", help="and never answer either")
    parser.add_argument("--fail-loading", default="", help="a FailureKind")
    parser.add_argument("--void-logprob", type=float, default=LOGPROB, help="that a text ends")
    parser.add_argument("--says", default="", help="what every completion is; the book is closed")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if options.says:
        answer_at_once(options.says)
        return
    engine = FakeEngine(options)
    threading.Thread(target=engine.read_commands, daemon=True).start()
    engine.work()


if __name__ == "__main__":
    main()
