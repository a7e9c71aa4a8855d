"""One question to an OpenAI-compatible endpoint: chat completions, one token, with its likeliest.

Left out: questions (`echo_daemon.teaching`), consent (whoever calls asks for it at each question).

Rules
 - https, or this machine: whoever listens on the way learns nothing. Redirects are not followed,
   because they would carry the text elsewhere.
 - The credential is read when it is used, from the environment that the program was started with
   or from a file that only its owner can read. It stands in no setting, log or error.
 - An answer is bounded in time and bytes before it is read, and believed in nothing but the
   numbers of the tokens that were asked for.
 - After a failure nothing is sent for a while, longer and longer; whoever asks is told at once.
 - An error says what kind of failure it was: no text that was sent or received.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from echo_core.clock import Clock
from echo_core.errors import EngineError, InputError
from echo_runtime.addresses import is_this_machine

ANSWER_S_MAX: Final = 30.0  # a large model behind a queue; the question is one token
CONNECT_S_MAX: Final = 10.0
ANSWER_BYTES_MAX: Final = 1 << 20  # twenty tokens with their numbers are a few kilobytes
KEY_BYTES_MAX: Final = 8192  # tokens of some providers are signed and long
LIKELIEST: Final = 20  # as many as the interface allows to be asked for
BACK_OFF_MS_FIRST: Final = 5_000.0
BACK_OFF_MS_MAX: Final = 600_000.0

_NO_URL: Final = (
    "teacher.endpoint is an address like https://host/v1; http only for this machine, and neither"
    " with a user or password in it."
)
_WAITS: Final = "The teacher's endpoint failed a moment ago and is not asked again yet."
_UNREACHED: Final = "The teacher's endpoint cannot be reached: check teacher.endpoint."
_SLOW: Final = "The teacher's endpoint did not answer in time."
_LARGE: Final = "The teacher's endpoint answered with more than an answer has."
_MALFORMED: Final = "The teacher's endpoint answered in another form than chat completions have."
_NO_NUMBERS: Final = (
    "The teacher's endpoint gave no log-probabilities: choose a model or server that has them."
)
_NO_ANSWER: Final = "The teacher's endpoint answered none of the letters that it was asked for."
_REFUSED: Final = (
    "The teacher's endpoint refused the credential: check teacher.key_env or key_file."
)
_KEY: Final = (
    "The credential of the teacher's endpoint cannot be used: check teacher.key_env, or make"
    " teacher.key_file a file of one line that only you can read."
)


@dataclass(frozen=True, slots=True)
class Options:
    """Where the endpoint is and how it knows us."""

    url: str  # of the interface, as "https://host/v1"
    model: str
    key_env: str = ""  # the name of a variable; empty: none
    key_file: str = ""  # a file's path; empty: none
    answer_s: float = ANSWER_S_MAX


@dataclass(frozen=True, slots=True)
class Told:
    """What the endpoint answered."""

    logprobs: tuple[float, ...]  # of each answer that was asked for, nats
    tokens: int  # of the prompt, by its own count; 0 where it does not say
    ms: float


class ChatEndpoint:
    """Asks one endpoint. Used from one event loop; `close` it."""

    def __init__(self, options: Options, environ: Mapping[str, str], clock: Clock) -> None:
        """Nothing is opened.

        Raises:
            InputError: the address is not one that text may be sent to.
        """
        self._url = checked(options.url)
        self._options = options
        self._environ = environ
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._failures = 0
        self._again_ms = -math.inf

    @property
    def model(self) -> str:
        """The model's name, as the settings say."""
        return self._options.model

    async def ask(self, system: str, text: str, answers: Sequence[str]) -> Told:
        """The probabilities of one-token answers.

        Raises:
            EngineError: it cannot be asked now, or what came back is no answer.
        """
        if self._clock.steady_ms() < self._again_ms:
            raise EngineError(_WAITS)
        try:
            told = await self._asked(system, text, answers)
        except EngineError:
            wait_ms = min(BACK_OFF_MS_FIRST * 2**self._failures, BACK_OFF_MS_MAX)
            self._again_ms = self._clock.steady_ms() + wait_ms
            self._failures = min(self._failures + 1, 16)
            raise
        self._failures = 0
        return told

    async def close(self) -> None:
        """Close what is open. Idempotent."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _asked(self, system: str, text: str, answers: Sequence[str]) -> Told:
        body = {
            "model": self._options.model,
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": text},
            ],
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": LIKELIEST,
        }
        headers = {"Accept": "application/json", **self._credential()}
        started_ms = self._clock.steady_ms()
        try:
            async with asyncio.timeout(self._options.answer_s):
                data = await self._received(body, headers)
        except TimeoutError as error:
            raise EngineError(_SLOW) from error
        except httpx.TimeoutException as error:
            raise EngineError(_SLOW) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise EngineError(_UNREACHED) from error
        logprobs, tokens = _read(data, answers)
        return Told(logprobs, tokens, self._clock.steady_ms() - started_ms)

    async def _received(self, body: Mapping[str, object], headers: Mapping[str, str]) -> bytes:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(self._options.answer_s, connect=CONNECT_S_MAX),
                follow_redirects=False,
                # Proxies and certificates as for models; never for this machine itself.
                trust_env=self._url.scheme == "https",
            )
        async with self._client.stream(
            "POST", self._url, json=body, headers=dict(headers)
        ) as answer:
            if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                raise EngineError(_REFUSED)
            if answer.status_code != httpx.codes.OK:
                raise EngineError(
                    f"The teacher's endpoint answered with status {answer.status_code}."
                )
            data = bytearray()
            async for part in answer.aiter_bytes():
                data += part
                if len(data) > ANSWER_BYTES_MAX:
                    raise EngineError(_LARGE)
            return bytes(data)

    def _credential(self) -> dict[str, str]:
        if self._options.key_env:
            key = self._environ.get(self._options.key_env, "").strip()
        elif self._options.key_file:
            key = _key_in(Path(self._options.key_file).expanduser())
        else:
            return {}
        # A header is one line of printable ASCII; anything else is a mistake, or an attack.
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise EngineError(_KEY)
        return {"Authorization": f"Bearer {key}"}


def checked(url: str) -> httpx.URL:
    """Where chat completions are asked for, if text may be sent there.

    Raises:
        InputError: it may not.
    """
    try:
        found = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError) as error:
        raise InputError(_NO_URL) from error
    safe = found.scheme == "https" or (found.scheme == "http" and is_this_machine(found.host))
    if not safe or not found.host or found.userinfo or found.query or found.fragment:
        raise InputError(_NO_URL)
    return found.copy_with(path=found.path.rstrip("/") + "/chat/completions")


def _key_in(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(KEY_BYTES_MAX + 1)
    except OSError as error:
        raise EngineError(_KEY) from error
    others = stat.S_IRWXG | stat.S_IRWXO
    if len(data) > KEY_BYTES_MAX or (os.name == "posix" and mode & others):
        raise EngineError(_KEY)
    return data.decode("utf-8", "replace").strip()


def _read(data: bytes, answers: Sequence[str]) -> tuple[tuple[float, ...], int]:
    """The answers' log-probabilities in a response, and how long it says the prompt was.

    Raises:
        EngineError: they are not there.
    """
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EngineError(_MALFORMED) from error
    match said:
        case {"choices": [{"logprobs": {"content": [{"top_logprobs": list(likeliest)}, *_]}}, *_]}:
            pass
        case {"choices": [{"message": dict()}, *_]}:
            raise EngineError(_NO_NUMBERS)
        case _:
            raise EngineError(_MALFORMED)
    found = _summed(likeliest)
    if not any(answer in found for answer in answers):
        raise EngineError(_NO_ANSWER)
    # What is not among the likeliest is less likely than the last of them.
    floor = min(found.values()) - 1.0
    return tuple(found.get(answer, floor) for answer in answers), _tokens_in(said)


def _summed(likeliest: list[object]) -> dict[str, float]:
    """Log-probabilities by token, without the blanks around it."""
    found: dict[str, float] = {}
    for each in likeliest:
        match each:
            case {"token": str(token), "logprob": int() | float() as logprob} if math.isfinite(
                logprob
            ) and not isinstance(logprob, bool):
                known = found.get(token.strip())
                total = min(0.0, float(logprob))
                if known is not None:
                    total = min(0.0, math.log(math.exp(known) + math.exp(total) + 1e-300))
                found[token.strip()] = total
            case _:
                raise EngineError(_MALFORMED)
    if not found:
        raise EngineError(_NO_NUMBERS)
    return found


def _tokens_in(said: object) -> int:
    match said:
        case {"usage": {"prompt_tokens": int(tokens)}} if 0 <= tokens < 1 << 31:
            return tokens
        case _:
            return 0
