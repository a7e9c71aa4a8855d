"""`bench.llama_vscode`: what the peer is asked, and what is made of its answers."""

from __future__ import annotations

from bench import llama_vscode
from bench.llama_vscode import Cache, body, proposal, question, shown
from echo_core.text.document import Text

LINES = [f"line_{number}()" for number in range(400)]


def asked_at(drawing: str) -> llama_vscode.Question:
    """The question at the bar of `drawing`."""
    return question(Text(drawing.replace("|", "")), drawing.index("|"))


def test_the_request_is_the_extensions() -> None:
    found = body(asked_at("a = 1\nif a:\n    b = |\nc = 3\n"))
    found.pop("seed")
    assert found == {
        "input_prefix": "a = 1\nif a:\n",
        "input_suffix": "\nc = 3\n\n",
        "input_extra": [],
        "prompt": "    b = ",
        "n_predict": 128,
        "top_k": 40,
        "top_p": 0.99,
        "stream": False,
        "samplers": ["top_k", "top_p", "infill"],
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 500,
        "n_indent": 4,
    }


def test_its_window_is_256_lines_before_and_64_behind() -> None:
    text = Text("\n".join(LINES))
    found = question(text, text.line_start(300) + 4)
    assert found.prefix.split("\n")[0] == LINES[44]
    assert found.prefix.endswith(f"{LINES[299]}\n")
    assert found.prompt == "line"
    assert found.suffix.startswith("_300()\n")
    assert found.suffix.endswith(f"{LINES[364]}\n")


def test_a_line_of_blanks_is_no_prompt_and_its_blanks_are_taken_off() -> None:
    found = asked_at("if a:\n    |\n")
    assert found.prompt == ""
    assert body(found)["n_indent"] == 4
    assert shown(found, "    b = 1\n    c = 2") == "b = 1\n    c = 2"
    assert shown(found, "b = 1") == "b = 1"


def test_at_column_0_no_indentation_is_sent() -> None:
    assert "n_indent" not in body(asked_at("a = 1\n|\n"))


def test_greedy_takes_the_likeliest_token() -> None:
    assert body(asked_at("a|"), greedy=True)["top_k"] == 1


def test_what_stands_behind_the_cursor_is_cut_from_an_answer() -> None:
    found = asked_at("print(|)\n")
    assert proposal(found, "value)\n") == "value"
    assert proposal(found, "value\nmore") == "value"
    assert proposal(found, " \n") == ""
    assert proposal(asked_at("a = |\n"), "1\nb = 2\n\n") == "1\nb = 2"


def test_its_cache_goes_on_while_typing_agrees() -> None:
    cache = Cache()
    cache.put(asked_at("x\na = |\n"), "value")
    assert cache.get(asked_at("x\na = va|\n")) == "lue"
    assert cache.get(asked_at("x\na = vo|\n")) is None
    assert cache.get(asked_at("y\na = va|\n")) is None


def test_its_cache_is_bounded_and_the_oldest_leaves() -> None:
    cache = Cache()
    for number in range(llama_vscode.CACHE_KEYS + 1):
        cache.put(asked_at(f"x{number}\na = |\n"), "value")
    assert cache.get(asked_at("x0\na = |\n")) is None
    assert cache.get(asked_at("x1\na = |\n")) == "value"


def test_the_tokens_that_it_read() -> None:
    assert llama_vscode.tokens_evaluated({"timings": {"prompt_n": 257}}) == 257
    assert llama_vscode.tokens_evaluated({}) == 0
