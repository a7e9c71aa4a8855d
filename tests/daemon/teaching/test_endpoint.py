"""The teacher at an endpoint: real HTTP on this machine, and llama.cpp's own server behind it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.peer import Peer
from echo_core.errors import EngineError
from echo_core.judging.checks.case import Case
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.remote.chat import ChatEndpoint, Options
from echo_daemon.teaching import prompts
from echo_daemon.teaching.endpoint import EndpointTeacher, Redact
from echo_daemon.teaching.local import VOID, LocalTeacher
from echo_runtime.clock import SystemClock
from echo_testing.chat_server import ChatServer, chat_server, completion
from echo_testing.scripted_background import ScriptedBackground

SMOLLM = "SmolLM2-135M-Instruct.Q4_1.gguf"
CASE = Case("python", "secret/path.py", "name = Zq\n", "x = f(y)\nreturn x\n", "\nZq()\n")
CUTS = (9, len(CASE.target))


def hidden(case: Case) -> Case | None:
    if "credential" in case.whole:
        return None
    prefix, suffix = (text.replace("Zq", "<NAME>") for text in (case.prefix, case.suffix))
    return replace(case, prefix=prefix, suffix=suffix)


def teacher(
    server: ChatServer,
    *,
    allowed: Callable[[], bool] = lambda: True,
    redact: Redact = hidden,
) -> tuple[EndpointTeacher, ScriptedBackground, ChatEndpoint]:
    engine = ScriptedBackground()
    local = LocalTeacher(engine, RapidMatcher().distance)
    endpoint = ChatEndpoint(Options(server.url, "large"), {}, SystemClock())
    return EndpointTeacher(endpoint, local, allowed, redact), engine, endpoint


async def test_a_cut_is_chosen_by_the_endpoint() -> None:
    async with chat_server() as server:
        server.says(completion({"B": -0.1, "A": -3.0}))
        one, engine, endpoint = teacher(server)
        choice = await one.choose(CASE, CUTS)
        await endpoint.close()
        assert (choice.index, choice.prompt, choice.model) == (1, prompts.CUT, "large")
        assert choice.tokens == 7
        assert not engine.questions


async def test_silence_is_asked_with_placeholders_and_without_the_target() -> None:
    async with chat_server() as server:
        server.says(completion({"silent": -0.1, "code": -3.0}))
        one, _, endpoint = teacher(server)
        said = await one.wants_silence(CASE)
        await endpoint.close()
        assert said.probability > 0.9
        assert (said.prompt, said.model) == (prompts.SILENCE, "large")
        sent = server.requests[0][2].decode()
        assert "<NAME>" in json.dumps(json.loads(sent), ensure_ascii=False)
        for word in ("Zq", "f(y)", "secret", "path.py"):
            assert word not in sent


async def test_what_names_anybody_in_the_context_is_not_sent_with_a_cut() -> None:
    async with chat_server() as server:
        server.says(completion({"A": -0.1}))
        one, _, endpoint = teacher(server)
        await one.choose(CASE, CUTS)
        await endpoint.close()
        sent = server.requests[0][2].decode()
        assert "f(y)" in sent
        assert "Zq" not in sent


async def test_what_must_not_be_seen_is_asked_of_the_local_model() -> None:
    case = replace(CASE, target=CASE.target + "credential")
    async with chat_server() as server:
        one, engine, endpoint = teacher(server)
        assert (await one.choose(case, CUTS)).model == "scripted"
        assert (await one.wants_silence(case)).model == "scripted"
        await endpoint.close()
        assert not server.requests
        assert len(engine.questions) == 1


async def test_a_target_that_was_changed_is_not_sent() -> None:
    async with chat_server() as server:
        one, _, endpoint = teacher(server, redact=lambda case: replace(case, target="x"))
        with pytest.raises(ValueError, match="never redacted"):
            await one.choose(CASE, CUTS)
        await endpoint.close()
        assert not server.requests


async def test_without_consent_nothing_is_opened() -> None:
    agreed = True
    async with chat_server() as server:
        server.says(completion({"A": -0.1, "code": -0.1}))
        one, engine, endpoint = teacher(server, allowed=lambda: agreed)
        await one.choose(CASE, CUTS)
        agreed = False
        assert (await one.choose(CASE, CUTS)).model == "scripted"
        assert (await one.wants_silence(CASE)).prompt == VOID
        await endpoint.close()
        assert len(server.requests) == 1
        assert len(engine.questions) == 1


async def test_difficulty_is_asked_of_the_serving_model_and_one_cut_of_nobody() -> None:
    async with chat_server() as server:
        one, engine, endpoint = teacher(server)
        assert (await one.difficulty(CASE)).model == "scripted"
        assert (await one.choose(CASE, (9,))).index == 0
        await endpoint.close()
        assert not server.requests
        assert engine.drafts


async def test_a_failure_is_an_engine_error() -> None:
    async with chat_server() as server:
        server.status = 503
        one, _, endpoint = teacher(server)
        with pytest.raises(EngineError, match="503"):
            await one.choose(CASE, CUTS)
        await endpoint.close()


@pytest.mark.model
async def test_another_implementation_answers_too(weights: Callable[[str], Path]) -> None:
    """llama.cpp's own server speaks the same interface."""
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed: pip install -e '.[bench]'")
    path = weights(SMOLLM)
    peer = await Peer.start(path, threads=2, context_tokens=2048, plain=True)
    async with peer:
        endpoint = ChatEndpoint(Options(f"{peer.address}/v1", "smol"), {}, SystemClock())
        told = await endpoint.ask("You know capitals.", "Say A.", ("A", "I", "The"))
        again = await endpoint.ask("You know capitals.", "Say A.", ("A", "I", "The"))
        await endpoint.close()
    assert all(logprob <= 0.0 for logprob in told.logprobs)
    assert told.logprobs == pytest.approx(again.logprobs, abs=0.5)
    assert told.tokens > 5
