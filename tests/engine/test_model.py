"""The real thing: two sets of weights through the whole engine."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from echo_core.completion.candidates import LINE_END, distinct, opening
from echo_core.completion.context import Chunk, Context
from echo_core.completion.fim import family_named
from echo_core.completion.prompt_tokens import prepare
from echo_core.completion.window import Window
from echo_core.errors import EngineError, ModelError
from echo_engine.api import (
    EngineOptions,
    EngineState,
    Finished,
    FinishReason,
    Job,
    ModelFile,
    Piece,
)
from echo_engine.client import EngineClient
from echo_engine.heal import ByteTable, Healing
from echo_engine.inspector import inspect
from echo_engine.llama import open_model
from echo_engine.loaded import Engine as WorkerEngine
from echo_engine.protocol import Load
from echo_engine.session import Limits
from echo_engine.vocabulary import Vocabulary
from echo_runtime.clock import SystemClock
from echo_testing.engine_jobs import job, written
from echo_testing.waiting import LONG_S

QWEN = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
SMOLLM = "SmolLM2-135M-Instruct.Q4_1.gguf"
Weights = Callable[[str], Path]
pytestmark = pytest.mark.model

HEAD = '"""Numbers."""\n\n\n'
TAIL = "def fibonacci(n: int) -> int:\n    if n < 2:\n        return n\n    retu"
SUFFIX = "\n\n\nprint(fibonacci(10))\n"
LINE = "return fibonacci(n - 1) + fibonacci(n - 2)"


@asynccontextmanager
async def engine(path: Path) -> AsyncIterator[EngineClient]:
    client = EngineClient(SystemClock(), EngineOptions(), ModelFile(path.stem, path))
    try:
        yield client
    finally:
        await client.close()


def vocabulary_of(path: Path, family: str) -> Vocabulary:
    vocabulary = Vocabulary(open_model(path, vocabulary_only=True))
    vocabulary.read(mark.spelling for mark in family_named(family).stop_marks)
    return vocabulary


async def test_what_files_say_of_themselves(weights: Weights) -> None:
    qwen = await inspect(weights(QWEN))
    assert (qwen.architecture, qwen.family, qwen.quantisation) == (
        "qwen2",
        "qwen2.5-coder",
        "Q4_K_M",
    )
    assert qwen.has_fim
    assert 4e8 < qwen.parameters < 7e8
    smol = await inspect(weights(SMOLLM))
    assert (smol.architecture, smol.family, smol.quantisation) == ("llama", "prefix-only", "Q4_1")
    assert not smol.has_fim


async def test_an_unknown_architecture_and_half_a_file(weights: Weights, tmp_path: Path) -> None:
    whole = weights(SMOLLM).read_bytes()
    path = tmp_path / "model.gguf"
    key = whole.index(b"general.architecture")
    at = whole.index(b"llama", key)
    path.write_bytes(whole[:at] + b"lxmnx" + whole[at + 5 :])
    with pytest.raises(ModelError, match="does not know this model's architecture"):
        await inspect(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="incomplete or damaged"):
        await inspect(path)
    async with engine(path) as client:
        with pytest.raises(EngineError, match="incomplete or damaged"):
            await client.warm()
        assert client.state is EngineState.FAILED


async def test_a_word_is_finished_exactly_where_the_cursor_is(weights: Weights) -> None:
    async with engine(weights(QWEN)) as client:
        asked = job(TAIL, head=HEAD, suffix=SUFFIX, tokens_max=24, stop=("\n",))
        text, finished = await written(client, asked)
        assert text == "rn fibonacci(n - 1) + fibonacci(n - 2)"
        assert finished.reason is FinishReason.STOP
        assert finished.tokens_evaluated == finished.tokens_prompt
        description = await client.describe()
        assert description.family == "qwen2.5-coder"
        assert description.layers == 24 + 1
        assert description.backend == "cpu" or description.gpu_layers > 0
        assert description.pid == client.pid


@pytest.mark.parametrize("name", [QWEN, SMOLLM])
async def test_further_candidates_begin_otherwise_and_cost_their_writing(
    weights: Weights, name: str
) -> None:
    async with engine(weights(name)) as client:
        tail = TAIL.removesuffix("retu")
        asked = job(tail, head=HEAD * 4, suffix=SUFFIX, tokens_max=12, stop=("\n",))
        texts: list[str] = []
        avoid: tuple[str, ...] = (LINE_END,)
        for _ in range(3):
            text, finished = await written(client, replace(asked, avoid=avoid if texts else ()))
            assert finished.tokens_evaluated == 1 or not texts
            assert opening(text) not in avoid
            assert distinct(text, texts)
            texts.append(text)
            avoid = (*avoid, opening(text))
        again, _ = await written(client, asked)
        assert again == texts[0]


async def test_a_key_costs_at_most_three_prompt_tokens(weights: Weights) -> None:
    async with engine(weights(QWEN)) as client:
        tail = TAIL.removesuffix("retu")
        asked = job(tail, head=HEAD * 8, suffix=SUFFIX, tokens_max=8)
        _, first = await written(client, asked)
        assert first.tokens_evaluated > 60
        evaluated, agreed = [], 0
        for key in LINE:
            tail += key
            text, finished = await written(
                client, job(tail, head=HEAD * 8, suffix=SUFFIX, tokens_max=4, stop=("\n",))
            )
            evaluated.append(finished.tokens_evaluated)
            agreed += (tail + text).rpartition("\n")[2].strip() in LINE
        assert statistics.median(evaluated) <= 3
        assert max(evaluated) < 20
        assert agreed > len(LINE) // 2


async def test_a_long_prompt_is_given_up_and_what_was_read_is_kept(weights: Weights) -> None:
    async with engine(weights(QWEN)) as client:
        await client.warm()
        # When it is half read depends on the machine: the moment is looked for, by a new text each.
        deadline_ms = 150.0
        for number in range(30):
            long = Job(Window(f"# {number}\n{HEAD}" * 150, TAIL, SUFFIX), 4, deadline_ms)
            _, finished = await written(client, long)
            if 0 < finished.tokens_evaluated < finished.tokens_prompt:
                break
            deadline_ms *= 0.5 if finished.tokens_evaluated else 2
        assert finished.reason is FinishReason.DEADLINE
        assert finished.tokens_evaluated < finished.tokens_prompt
        assert finished.tokens_written == 0
        # It goes on where it was: what was read before stays in the cache.
        _, again = await written(client, replace(long, deadline_ms=LONG_S * 1000))
        assert again.tokens_evaluated <= again.tokens_prompt - finished.tokens_evaluated


async def test_a_job_that_is_left_while_its_prompt_is_read(weights: Weights) -> None:
    async with engine(weights(QWEN)) as client:
        await client.warm()
        left = client.run(job(TAIL, head=HEAD * 400, suffix=SUFFIX))
        async with aclosing(left):
            reading = asyncio.ensure_future(anext(left))
            await asyncio.wait({reading}, timeout=0.2)  # 3,000 tokens take longer anywhere
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        text, _ = await written(client, job(TAIL, head=HEAD, suffix=SUFFIX, tokens_max=2))
        assert text.startswith("rn")
        assert client.restarts <= 1


@pytest.mark.parametrize("name", [QWEN, SMOLLM])
async def test_log_probabilities_are_finite_and_not_above_zero(weights: Weights, name: str) -> None:
    async with engine(weights(name)) as client:
        pieces = [
            said
            async for said in client.run(job("for index in rang", suffix="\n", tokens_max=12))
            if isinstance(said, Piece)
        ]
        assert pieces
        assert "".join(piece.text for piece in pieces).startswith("e(")
        assert all(math.isfinite(piece.logprob) and piece.logprob <= 0 for piece in pieces)


@pytest.mark.parametrize("name", [QWEN, SMOLLM])
async def test_the_shortest_prompts_have_an_answer(weights: Weights, name: str) -> None:
    async with engine(weights(name)) as client:
        for tail in ("", "d", "é", "\n", "    ", "\ud800"):
            _, finished = await written(client, job(tail, tokens_max=2))
            assert finished.tokens_prompt >= 1


async def test_a_mark_in_source_code_is_only_text(weights: Weights) -> None:
    vocabulary = vocabulary_of(weights(QWEN), "qwen2.5-coder")
    spelled = "<|fim_middle|><|endoftext|></s>"
    tokens = vocabulary.tokenise(spelled)
    assert b"".join(vocabulary.spellings[token] for token in tokens) == spelled.encode()
    assert vocabulary.mark("<|fim_middle|>") not in tokens
    assert not vocabulary.ending & set(tokens)
    assert vocabulary.mark("fim") is None
    ready = prepare(family_named("qwen2.5-coder"), Window(spelled, "x", spelled), vocabulary, 999)
    assert ready.tokens.count(vocabulary.mark("<|fim_middle|>") or -1) == 1


@pytest.mark.parametrize(
    ("name", "family"), [(QWEN, "qwen2.5-coder"), (SMOLLM, "prefix-only")], ids=["qwen", "smol"]
)
async def test_every_cut_of_a_text_can_be_healed(weights: Weights, name: str, family: str) -> None:
    vocabulary = vocabulary_of(weights(name), family)
    table = ByteTable(vocabulary.spellings)
    text = "class Ä:\n    def get_item_byname(self):\n\t\treturn {'é€😀': 0x1F}\r\n\n\n    \n  "
    for end in range(1, len(text) + 1):
        window = Window("", text[:end], "")
        ready = prepare(family_named("prefix-only"), window, vocabulary, 999)
        kept = b"".join(vocabulary.spellings[token] for token in ready.tokens)
        assert kept + ready.dropped == text[:end].encode()
        healing = Healing(table, ready.dropped)
        for token in vocabulary.tokenise(ready.dropped.decode("utf-8")):
            assert token in healing.allowed()
            assert healing.take(token) == b""
        assert healing.done


def test_going_back_to_another_document_reads_nothing_again(weights: Weights) -> None:
    load = Load("qwen", str(weights(QWEN)), threads=0, gpu_layers=-1, context_tokens=1024)
    inside = WorkerEngine(load, SystemClock())

    def answer(window: Window) -> tuple[str, Finished]:
        ready = prepare(inside.family, window, inside.vocabulary, 900)
        said = list(inside.session.run(ready, Limits(6, LONG_S * 1000, ("\n",), lambda: True)))
        assert isinstance(said[-1], Finished)
        return "".join(one.text for one in said if isinstance(one, Piece)), said[-1]

    one = Window(HEAD, TAIL, SUFFIX)
    other = Window(HEAD + "import math\n\n", "def area(r: float) -> float:\n    retu", SUFFIX)
    first, cold = answer(one)
    assert answer(other)[1].tokens_evaluated < cold.tokens_evaluated  # the same head
    third = Window("import os\n", "def here() -> str:\n    retu", SUFFIX)
    ready = prepare(inside.family, third, inside.vocabulary, 900)
    assert inside.session.prepare(ready, lambda: True)
    assert answer(third)[1].tokens_evaluated == 1
    for _ in range(2):
        text, finished = answer(one)
        assert (text, finished.tokens_evaluated) == (first, 1)
        assert answer(other)[1].tokens_evaluated == 1


def test_what_is_shown_besides_is_read_once_for_two_files(weights: Weights) -> None:
    load = Load("qwen", str(weights(QWEN)), threads=0, gpu_layers=-1, context_tokens=1024)
    inside = WorkerEngine(load, SystemClock())
    chunk = Chunk("shop/prices.py", "python", "def price_of_a_kilogram(fruit: str) -> int: ...")

    def read(window: Window) -> tuple[int, int]:
        ready = prepare(inside.family, window, inside.vocabulary, 900)
        said = list(inside.session.run(ready, Limits(1, LONG_S * 1000, (), lambda: True)))
        assert isinstance(said[-1], Finished)
        return said[-1].tokens_prompt, said[-1].tokens_evaluated

    context = Context("shop", "shop/a.py", "python", (chunk,))
    whole, evaluated = read(Window(HEAD, TAIL, SUFFIX, context))
    assert evaluated == whole
    other = replace(context, label="shop/b.py")
    again, evaluated = read(Window("import os\n", "def here() -> str:\n    retu", SUFFIX, other))
    besides = len(inside.vocabulary.tokenise(chunk.text))
    assert evaluated <= again - besides


async def test_what_repeats_itself_is_drafted(weights: Weights) -> None:
    rows = "".join(
        f'    Row(name="item_{n}", unit="tokens", minimum=0, maximum={n}),\n' for n in range(6)
    )
    async with engine(weights(QWEN)) as client:
        asked = job(f"ROWS = (\n{rows}    Row(name=", suffix=")\n", tokens_max=40)
        text, finished = await written(client, asked)
        assert 'unit="tokens", minimum=0, maximum=' in text
        assert finished.tokens_accepted > finished.tokens_written // 4
