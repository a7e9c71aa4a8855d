"""Prompts: how a window around a gap becomes what a model reads. One renderer, for all.

The same `render` serves completion and, later, training: what a model is trained on is what it
is asked. A prompt is symbolic here: marks stay marks, and whoever owns a vocabulary turns each
mark into its one token and each text into tokens **without** parsing special tokens, so that
source code which contains a mark's spelling cannot forge one.

Layout (measured, docs/adr/0005): `PRE head SUF suffix MID tail`. `head` and `suffix` are the
gap's anchors and stay put while the user types; `tail`, the last lines and what has been typed,
stands behind the middle mark. A keystroke therefore costs one to three tokens.

What is shown besides the window stands before the head (docs/adr/0008): pieces of other places each
behind a path, in front of the prefix mark where a family was taught marks for files, else behind it
with the path in a comment; and last the file's outline.

Left out: where windows begin and end (`echo_core.completion.window`), vocabularies, token healing,
the beginning-of-text token (the vocabulary says whether one is wanted).

Rules
 - A layout is data: marks and slots in order, the tail always last.
 - An empty suffix keeps the layout: the model is told that nothing follows.
 - A family is taken only where all its marks are tokens of the vocabulary; else the prompt is
   the prefix alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeAlias

from echo_core.completion.context import Context, comment
from echo_core.completion.window import Window
from echo_core.errors import InputError


@dataclass(frozen=True, slots=True)
class Mark:
    """A special token, by its spelling in the vocabulary."""

    spelling: str


Part: TypeAlias = Mark | str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model reads, in order. The last part is the text before the cursor.

    `stable` is how many of the parts, from the first, stay the same while a gap is filled; `slots`
    says of each part which slot of the layout it fills; `context` are those parts that are shown
    besides the window.
    """

    parts: tuple[Part, ...]
    stable: int
    slots: tuple[Slot | None, ...] = ()
    context: tuple[int, ...] = ()


class Slot(Enum):
    """A part of the window, by its place in a layout."""

    HEAD = "head"
    SUFFIX = "suffix"
    TAIL = "tail"


@dataclass(frozen=True, slots=True)
class Repository:
    """Marks for several files in one prompt: `name` before a repository's, `file` before a path.

    `path_inside`: the path of the file with the gap stands behind the prefix mark, not before it.
    """

    name: Mark
    file: Mark
    path_inside: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Models that were taught the same fill-in-the-middle layout.

    `ends` are marks besides the layout's own that a model of the family writes when it has
    nothing more to say here. `architectures` and `names` are beginnings of
    `general.architecture` and parts of `general.name` (GGUF), lower case, by which families
    that spell their marks alike are told apart. `by_name_only`: the marks are also in the
    vocabularies of relatives that never saw them in training, so the name has to agree.
    `end` is what the family was taught to write where a gap is filled; none: the vocabulary's own.
    """

    name: str
    title: str
    layout: tuple[Mark | Slot, ...]
    ends: tuple[Mark, ...] = ()
    architectures: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    by_name_only: bool = False
    repository: Repository | None = None
    end: Mark | None = None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks of the layout, in its order; none for prefix-only."""
        return tuple(part for part in self.layout if isinstance(part, Mark))

    @property
    def stop_marks(self) -> tuple[Mark, ...]:
        """Marks whose appearance ends writing, besides the vocabulary's own end tokens.

        A mark of the layout is one of them: a model that writes it starts another document.
        Some may not be in a particular vocabulary; whoever owns it leaves those out.
        """
        return (*self.marks, *self.ends)


def _psm(prefix: str, suffix: str, middle: str) -> tuple[Mark | Slot, ...]:
    """Prefix, suffix, middle: what all families but one were taught."""
    return (Mark(prefix), Slot.HEAD, Mark(suffix), Slot.SUFFIX, Mark(middle), Slot.TAIL)


def _marks(*spellings: str) -> tuple[Mark, ...]:
    return tuple(Mark(spelling) for spelling in spellings)


FAMILIES: Final[tuple[Family, ...]] = (
    # README of QwenLM/Qwen2.5-Coder, "File-Level / Repository-Level Code Completion"; the ids
    # were read from the vocabulary of qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.
    Family(
        name="qwen2.5-coder",
        title="Qwen2.5-Coder",
        layout=_psm("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        ends=_marks("<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|endoftext|>"),
        architectures=("qwen",),
        names=("qwen",),
        # Technical report of Qwen2.5-Coder, "Repo-Level FIM format".
        repository=Repository(Mark("<|repo_name|>"), Mark("<|file_sep|>")),
        end=Mark("<|endoftext|>"),
    ),
    # README of deepseek-ai/DeepSeek-Coder, "Code Insertion": begin, prefix, hole, suffix, end.
    # llama.cpp's vocabulary loader maps begin to FIM_PRE, hole to FIM_SUF, end to FIM_MID. The
    # bars are U+FF5C and the low lines U+2581. V1 calls itself llama, V2 deepseek2.
    Family(
        name="deepseek-coder",
        title="DeepSeek-Coder",
        layout=_psm("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
        ends=_marks("<|EOT|>", "<｜end▁of▁sentence｜>"),
        architectures=("deepseek",),
        names=("deepseek",),
    ),
    # bigcode/starcoder2 tokenizer and nuprl/MultiPL-E starcoder2.py (mode PSM); StarCoder 1
    # (architecture "starcoder") spells the same three marks and comes here too.
    Family(
        name="starcoder2",
        title="StarCoder2",
        layout=_psm("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
        ends=_marks("<fim_pad>", "<file_sep>", "<repo_name>", "<filename>", "<reponame>"),
        architectures=("starcoder2",),
        names=("starcoder",),
        # Paper of StarCoder 2, "Repository context": FIM is applied to a path and its code as one.
        # StarCoder 1 spells these two otherwise, and gets comments.
        repository=Repository(Mark("<repo_name>"), Mark("<file_sep>"), path_inside=True),
    ),
    # infilling_prompt_tokens of meta-llama/codellama (suffix_first=False) and the
    # tokenizer_config of codellama/CodeLlama-7b-hf: the vocabulary spells them with U+2581.
    Family(
        name="codellama",
        title="Code Llama",
        layout=_psm("▁<PRE>", "▁<SUF>", "▁<MID>"),
        ends=_marks("▁<EOT>"),
        names=("codellama", "code llama", "code-llama"),
        end=Mark("▁<EOT>"),
    ),
    # ai.google.dev, "CodeGemma formatting and system instructions": no space around the marks.
    Family(
        name="codegemma",
        title="CodeGemma",
        layout=_psm("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        ends=_marks("<|file_separator|>"),
        architectures=("gemma",),
        names=("gemma",),
        end=Mark("<|file_separator|>"),
    ),
    # mistral-common, InstructTokenizerV2.encode_fim: [SUFFIX] suffix [PREFIX] prefix; [MIDDLE]
    # is in the vocabulary and unused. Other Mistral models own the tokens, but not the skill.
    Family(
        name="codestral",
        title="Codestral",
        layout=(Mark("[SUFFIX]"), Slot.SUFFIX, Mark("[PREFIX]"), Slot.HEAD, Slot.TAIL),
        ends=_marks("[MIDDLE]"),
        names=("codestral",),
        by_name_only=True,
    ),
    # special_tokens_map of ibm-granite/granite-20b-code-instruct-accelerator; Granite Code calls
    # itself llama or starcoder in GGUF, so its name decides.
    Family(
        name="granite",
        title="Granite",
        layout=_psm("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
        ends=_marks("<fim_pad>", "<filename>", "<reponame>"),
        architectures=("granite",),
        names=("granite",),
    ),
    # tokenizer.json of ibm-granite/granite-4.0-h-tiny-base, ids 100258 to 100263.
    Family(
        name="granite-4",
        title="Granite 4",
        layout=_psm("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        ends=_marks("<|fim_pad|>", "<|filename|>", "<|reponame|>", "<|end_of_text|>"),
        architectures=("granite",),
        names=("granite",),
    ),
    # A model without marks continues what stands before the cursor and never sees the suffix.
    Family(name="prefix-only", title="Prefix only", layout=(Slot.HEAD, Slot.TAIL)),
)
PREFIX_ONLY: Final = FAMILIES[-1]


def family_named(name: str) -> Family:
    """The family called `name`.

    Raises:
        InputError: there is none; the message lists those that there are.
    """
    for family in FAMILIES:
        if family.name == name:
            return family
    known = ", ".join(family.name for family in FAMILIES)
    raise InputError(f"no model family has that name; choose one of: {known}")


def pick_family(architecture: str, name: str, is_token: Callable[[str], bool]) -> Family:
    """The family of a model, from its GGUF metadata and its vocabulary.

    `is_token` says whether a spelling is one token of the vocabulary. Marks come first: without
    them a layout cannot be written. Among families that spell them alike the architecture
    decides, then the name, then the order of `FAMILIES`.
    """
    architecture, name = architecture.lower(), name.lower()
    best, best_score = PREFIX_ONLY, -1
    for family in FAMILIES[:-1]:
        named = any(part in name for part in family.names)
        built = architecture.startswith(family.architectures)
        if family.by_name_only and not named:
            continue
        score = 2 * built + named
        if score > best_score and all(is_token(mark.spelling) for mark in family.marks):
            best, best_score = family, score
    marks = best.repository
    if marks is not None and not (is_token(marks.name.spelling) and is_token(marks.file.spelling)):
        return replace(best, repository=None)
    return best


def render(family: Family, window: Window) -> Prompt:
    """What a model of `family` reads for `window`; parts may be empty texts."""
    texts = {Slot.HEAD: window.head, Slot.SUFFIX: window.suffix, Slot.TAIL: window.tail}
    placed: list[tuple[Part, Slot | None, bool]] = [
        (part, None, True) for part in _in_front(family.repository, window.context)
    ]
    for part in family.layout:
        if part is Slot.HEAD:
            placed += [(text, None, True) for text in _above(family.repository, window.context)]
        if isinstance(part, Mark):
            placed.append((part, None, False))
        else:
            placed.append((texts[part], part, False))
    return Prompt(
        tuple(part for part, _, _ in placed),
        stable=len(placed) - 1,
        slots=tuple(slot for _, slot, _ in placed),
        context=tuple(at for at, (_, _, besides) in enumerate(placed) if besides),
    )


def _in_front(marks: Repository | None, context: Context) -> Iterator[Part]:
    """The other places, where there are marks for them."""
    if marks is None or not context.chunks:
        return
    if context.workspace:
        yield from (marks.name, f"{context.workspace}\n")
    for chunk in context.chunks:
        yield from (marks.file, f"{chunk.label}\n{chunk.text}\n")
    yield marks.file
    if not marks.path_inside:
        yield f"{context.label}\n"


def _above(marks: Repository | None, context: Context) -> Iterator[str]:
    """What stands right before the head: other places without marks, and the outline."""
    if context.chunks and marks is None:
        for chunk in context.chunks:
            yield f"{comment(context.language, chunk.label)}\n{chunk.text}\n\n"
        yield f"{comment(context.language, context.label)}\n"
    elif context.chunks and marks is not None and marks.path_inside:
        yield f"{context.label}\n"
    if context.outline:
        yield f"{context.outline}\n{comment(context.language, '…')}\n"
