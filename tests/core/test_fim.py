"""`echo_core.completion.fim`: drawings of each family's prompt, and a model's family."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from echo_core.completion.context import Chunk, Context
from echo_core.completion.fim import (
    FAMILIES,
    PREFIX_ONLY,
    Family,
    Mark,
    Prompt,
    Slot,
    family_named,
    pick_family,
    render,
)
from echo_core.completion.window import Window
from echo_core.errors import InputError

GOLDEN = Path(__file__).parents[1] / "golden"
REGENERATE = "ECHO_UPDATE_GOLDEN=1 python -m pytest tests/core/test_fim.py"
WINDOW = Window(
    head="import math\n\n\n",
    tail="def area(radius):\n    return math.",
    suffix="\n\n\nprint(area(2), '<|fim_middle|>')\n",
)

CONTEXT = Context(
    workspace="shapes",
    label="src/area.py",
    language="python",
    chunks=(
        Chunk("src/round.py", "python", "def perimeter(radius):\n    return 2 * math.pi * radius"),
        Chunk("ui/draw.ts", "typescript", 'draw("<|file_sep|>");'),
    ),
    outline="import math\nclass Shape:",
)


def draw(prompt: Prompt) -> str:
    """One part a line: a mark as it is spelt, a text as Python writes it; a line where it moves."""
    lines = [part.spelling if isinstance(part, Mark) else repr(part) for part in prompt.parts]
    lines.insert(prompt.stable, "--- stable above, typed below ---")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_reads_its_golden_prompt(family: Family) -> None:
    file = GOLDEN / f"fim-{family.name}.txt"
    drawing = (
        f"# {family.title}. Regenerate: {REGENERATE}\n"
        f"# A window:\n{draw(render(family, WINDOW))}"
        f"# The same with nothing after the cursor:\n"
        f"{draw(render(family, Window(WINDOW.head, WINDOW.tail, '')))}"
        f"# With what is shown besides:\n"
        f"{draw(render(family, replace(WINDOW, context=CONTEXT)))}"
        f"# Writing ends at:\n{''.join(mark.spelling + chr(10) for mark in family.stop_marks)}"
    )
    if os.environ.get("ECHO_UPDATE_GOLDEN"):
        file.write_text(drawing, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == drawing


def test_a_layout_has_each_slot_once_and_the_tail_last() -> None:
    for family in FAMILIES:
        slots = [part for part in family.layout if isinstance(part, Slot)]
        assert family.layout[-1] is Slot.TAIL
        assert sorted(slot.value for slot in slots) == (
            ["head", "tail"] if family is PREFIX_ONLY else ["head", "suffix", "tail"]
        )


def test_marks_that_look_alike_are_the_right_characters() -> None:
    deepseek, codellama = family_named("deepseek-coder"), family_named("codellama")
    assert [mark.spelling for mark in deepseek.marks] == [
        "<\uff5cfim\u2581begin\uff5c>",
        "<\uff5cfim\u2581hole\uff5c>",
        "<\uff5cfim\u2581end\uff5c>",
    ]
    assert [mark.spelling for mark in codellama.stop_marks] == [
        "\u2581<PRE>", "\u2581<SUF>", "\u2581<MID>", "\u2581<EOT>",
    ]  # fmt: skip


PIPES = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
ANGLES = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>")


@pytest.mark.parametrize(
    ("architecture", "name", "vocabulary", "family"),
    [
        ("qwen2", "Qwen2.5 Coder 0.5B Instruct", PIPES, "qwen2.5-coder"),
        ("qwen3moe", "", PIPES, "qwen2.5-coder"),
        ("gemma", "codegemma-2b", PIPES, "codegemma"),
        ("gemma", "", PIPES, "codegemma"),
        ("unheard", "a gemma of mine", PIPES, "codegemma"),
        ("unheard", "", PIPES, "qwen2.5-coder"),
        ("gemma", "gemma-2-2b-it", (), "prefix-only"),
        ("starcoder2", "starcoder2-3b", ANGLES, "starcoder2"),
        ("starcoder", "StarCoderBase 1B", ANGLES, "starcoder2"),
        ("starcoder", "Granite 20b Code Base", ANGLES, "granite"),
        ("llama", "granite-3b-code-base", ANGLES, "granite"),
        ("granite", "", ANGLES, "granite"),
        ("granitehybrid", "Granite 4.0 H Tiny Base", PIPES, "granite-4"),
        ("llama", "deepseek-coder-1.3b", ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
         "deepseek-coder"),
        ("llama", "", ("▁<PRE>", "▁<SUF>", "▁<MID>"), "codellama"),
        ("llama", "Codestral-22B-v0.1", ("[PREFIX]", "[SUFFIX]"), "codestral"),
        ("llama", "Mistral-7B-Instruct-v0.3", ("[PREFIX]", "[SUFFIX]"), "prefix-only"),
        ("llama", "SmolLM2 135M Instruct", ("<repo_name>", "<file_sep>"), "prefix-only"),
        ("qwen2", "half a vocabulary", PIPES[:2], "prefix-only"),
    ],
)  # fmt: skip
def test_a_model_gets_its_family(
    architecture: str, name: str, vocabulary: tuple[str, ...], family: str
) -> None:
    assert pick_family(architecture, name, vocabulary.__contains__).name == family


def test_marks_for_files_are_used_where_the_vocabulary_has_them() -> None:
    with_files = {*PIPES, "<|repo_name|>", "<|file_sep|>"}
    qwen = pick_family("qwen2", "", with_files.__contains__)
    assert qwen is family_named("qwen2.5-coder")
    without = pick_family("qwen2", "", PIPES.__contains__)
    assert without.repository is None
    assert without == replace(qwen, repository=None)
    prompt = render(without, replace(WINDOW, context=CONTEXT))
    assert [part for part in prompt.parts if isinstance(part, Mark)] == list(qwen.marks)
    assert prompt.parts[1:4] == render(PREFIX_ONLY, replace(WINDOW, context=CONTEXT)).parts[:3]


def test_what_is_shown_besides_may_lack_a_workspace_and_chunks() -> None:
    qwen = family_named("qwen2.5-coder")
    nameless = render(qwen, replace(WINDOW, context=replace(CONTEXT, workspace="")))
    assert nameless.parts[0] == Mark("<|file_sep|>")
    only_outline = render(qwen, replace(WINDOW, context=replace(CONTEXT, chunks=())))
    assert only_outline.parts[:3] == (
        Mark("<|fim_prefix|>"), "import math\nclass Shape:\n# …\n", WINDOW.head
    )  # fmt: skip
    assert only_outline.context == (1,)
    assert render(qwen, WINDOW).context == ()


def test_families_are_found_by_name_and_others_refused() -> None:
    assert [family_named(family.name) for family in FAMILIES] == list(FAMILIES)
    with pytest.raises(InputError, match=r"choose one of: qwen2\.5-coder, "):
        family_named("eliza")
