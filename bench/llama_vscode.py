"""How the editor extension llama.vscode asks llama.cpp's server, and what it makes of the answer.

Read in ggml-org/llama.vscode: `src/completion.ts` (what is sent, the cache of results, what is cut
from an answer), `src/llama-server.ts` (the request's parameters), `src/configuration.ts` (their
defaults). Ideas and numbers are from there, no code is.

Left out, each to the peer's advantage (docs/performance.md): the wait of 150 ms when a request is
still running, the requests it makes for its cache behind an answer, its chunks of other files.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from echo_core.text.document import Text, split_lines

PREFIX_LINES: Final = 256
SUFFIX_LINES: Final = 64
PREDICT_TOKENS: Final = 128
PROMPT_MS_MAX: Final = 500
PREDICT_MS_MAX: Final = 500  # looked at by the server once a line end was written
CACHE_KEYS: Final = 250
SEED: Final = 1  # the extension sends none; with one, a run can be repeated


@dataclass(frozen=True, slots=True)
class Question:
    """A request before its parameters."""

    prefix: str
    suffix: str
    prompt: str
    indentation: int
    blanks: int  # how many leading blanks of an answer are there already
    line_rest: str


def question(text: Text, offset: int) -> Question:
    """What is sent for a cursor at `offset`."""
    at = text.line_of(offset)
    line = text.line(at)
    line_prefix = text.content[text.line_start(at) : offset]
    line_rest = line[len(line_prefix) :]
    before = [text.line(number) for number in range(max(0, at - PREFIX_LINES), at)]
    last = min(text.line_count, at + 1 + SUFFIX_LINES)
    after = [text.line(number) for number in range(at + 1, last)]
    blank = not line_prefix.strip(" \t")
    return Question(
        prefix="\n".join(before) + "\n",
        suffix=line_rest + "\n" + "\n".join(after) + "\n",
        prompt="" if blank else line_prefix,
        indentation=len(line) - len(line.lstrip()),
        blanks=len(line_prefix) if blank else 0,
        line_rest=line_rest,
    )


def body(asked: Question, *, greedy: bool = False) -> dict[str, object]:
    """The JSON of POST /infill. `greedy`: the likeliest token each time, instead of drawing."""
    request: dict[str, object] = {
        "input_prefix": asked.prefix,
        "input_suffix": asked.suffix,
        "input_extra": [],
        "prompt": asked.prompt,
        "n_predict": PREDICT_TOKENS,
        "top_k": 1 if greedy else 40,
        "top_p": 0.99,
        "stream": False,
        "samplers": ["top_k", "top_p", "infill"],
        "cache_prompt": True,
        "t_max_prompt_ms": PROMPT_MS_MAX,
        "t_max_predict_ms": PREDICT_MS_MAX,
        "seed": SEED,
    }
    if asked.indentation:
        request["n_indent"] = asked.indentation
    return request


def proposal(asked: Question, content: str) -> str:
    """What the extension offers of what the server wrote; empty: nothing."""
    if not content.strip():
        return ""
    lines = split_lines(content)
    while lines and not lines[-1].strip():
        lines.pop()
    if asked.line_rest.strip():
        if lines[0].endswith(asked.line_rest):
            return lines[0].removesuffix(asked.line_rest)
        if len(lines) > 1:
            return lines[0]
    return "\n".join(lines)


def shown(asked: Question, offered: str) -> str:
    """`offered` without the indentation that is there already."""
    blanks = len(offered) - len(offered.lstrip(" \t"))
    return offered[min(asked.blanks, blanks) :]


class Cache:
    """Its results by prefix, suffix and prompt; a result must begin with what was typed since."""

    def __init__(self) -> None:
        self._results: OrderedDict[tuple[str, str, str], str] = OrderedDict()

    def put(self, asked: Question, offered: str) -> None:
        """Keep a result; the one that was not used for longest leaves."""
        self._results[asked.prefix, asked.suffix, asked.prompt] = offered
        if len(self._results) > CACHE_KEYS:
            self._results.popitem(last=False)

    def get(self, asked: Question) -> str | None:
        """The rest of a result that still fits, the newest place first."""
        for length in range(len(asked.prompt), -1, -1):
            key = (asked.prefix, asked.suffix, asked.prompt[:length])
            found = self._results.get(key)
            typed = asked.prompt[length:]
            if found is not None and found.startswith(typed):
                self._results.move_to_end(key)
                return found[len(typed) :]
        return None


def tokens_evaluated(answer: Mapping[str, Any]) -> int:
    """How many tokens of the prompt the server had to evaluate."""
    return int(answer.get("timings", {}).get("prompt_n", 0))
