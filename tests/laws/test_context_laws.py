"""Laws of context: rings of generated chunks, windows that are typed in, texts that spell marks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.context import SAME, Chunk, Context, Ring, likeness
from echo_core.completion.fim import FAMILIES, Family, Mark, render
from echo_core.completion.window import Window, same_anchors, starts_alike, window_at

WORDS = st.sampled_from(["alpha", "beta", "gamma", "delta", "x", "<|file_sep|>", "\n", " = "])
TEXTS = st.lists(WORDS, max_size=20).map(" ".join)
CHUNKS = st.builds(Chunk, st.sampled_from(["a.py", "b.py", "c.rs"]), st.just("python"), TEXTS)
MARKS = sorted({mark.spelling for family in FAMILIES for mark in family.stop_marks})
FORGED = st.lists(st.sampled_from([*MARKS, "x", "\n"]), max_size=6).map("".join)


@given(st.lists(CHUNKS, max_size=30), st.integers(0, 400))
def test_a_ring_is_bounded_without_twins_and_grows_at_its_end(
    chunks: list[Chunk], chars_max: int
) -> None:
    ring = Ring(chars_max)
    for chunk in chunks:
        before, ring = ring, ring.added(chunk)
        assert sum(len(kept.text) for kept in ring.chunks) <= chars_max
        for at, one in enumerate(ring.chunks):
            assert all(likeness(one, other) < SAME for other in ring.chunks[at + 1 :])
        stayed = ring.chunks[: len(before.chunks)] == before.chunks
        renewed = ring.chunks[:-1] == before.chunks[:-1] and ring.chunks[-1:] == (chunk,)
        turned_over = ring.chunks[-1:] == (chunk,) and set(ring.chunks) - {chunk} < set(
            before.chunks
        )
        assert stayed or renewed or turned_over


@given(TEXTS, TEXTS, st.text("ab(\n", max_size=40), CHUNKS)
def test_a_context_stays_while_a_person_types(
    before: str, after: str, typed: str, chunk: Chunk
) -> None:
    context = Context("echo", "a.py", "python", (chunk,), "import os")
    window = window_at(before + "\n" + after, len(before))
    window = first = Window(window.head, window.tail, window.suffix, context)
    for count in range(1, len(typed) + 1):
        text = before + typed[:count] + "\n" + after
        window = window_at(text, len(before) + count, window)
        assert window.context is context
        assert same_anchors(first, window)
        assert starts_alike(first, window)


@given(st.sampled_from(FAMILIES), FORGED, FORGED, FORGED)
def test_no_text_forges_a_mark(family: Family, label: str, text: str, outline: str) -> None:
    """The marks of a prompt depend on how many chunks there are, and not on what they say."""
    forged = Context(text, label, "python", (Chunk(label, "python", text),), outline)
    plain = Context("w", "l", "python", (Chunk("l", "python", "t"),), "o")
    prompts = [
        render(family, Window(text, text, text, forged)),
        render(family, Window("h", "t", "s", plain)),
    ]
    marks = [[part for part in prompt.parts if isinstance(part, Mark)] for prompt in prompts]
    if text:
        assert marks[0] == marks[1]
    assert {mark.spelling for mark in marks[0]} <= set(MARKS)
