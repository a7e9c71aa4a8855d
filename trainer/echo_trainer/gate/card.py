"""The model card: Markdown with the fields at its head that model hubs read.

Left out: whether the file may be released (`deciding`); publishing it.

Rules
 - Figures and names of documents alone: no text of a sample, no pseudonym.
"""

from __future__ import annotations

import json
from typing import Final

from echo_core.release.metadata import Kind
from echo_engine.catalogue import load_catalogue
from echo_trainer.runs.records import Run, Shipped, Verdict

_TOLD: Final = (
    ("exact_match", "Exact match"),
    ("edit_similarity", "Edit similarity"),
    ("bleu", "BLEU"),
    ("codebleu", "CodeBLEU"),
    ("perplexity", "Perplexity of what was kept"),
    ("kept_rate", "Share of proposals that would have been kept"),
    ("void.recall", "Silent where silence was right"),
    ("void.precision", "Silence that was right"),
)


def card(run: Run, shipped: Shipped, verdict: Verdict) -> bytes:
    """The card, in UTF-8."""
    return ("\n".join([*_head(run, verdict), *_body(run, shipped, verdict)]) + "\n").encode()


def _head(run: Run, verdict: Verdict) -> list[str]:
    """What model hubs read."""
    entry = load_catalogue().find(run.base.name)
    licence = entry.licence.lower() if entry else "other"
    source = entry.hub.repository if entry and entry.hub else run.base.name
    return [
        "---",
        f"license: {licence}",
        f"base_model: {source}",
        f"base_model_relation: {'adapter' if verdict.kind is Kind.ADAPTER else 'finetune'}",
        "library_name: gguf",
        "pipeline_tag: text-generation",
        "tags:",
        *(f"- {tag}" for tag in ("code", "code-completion", "fill-in-the-middle", "lora")),
        "model-index:",
        f"- name: {run.name}",
        "  results:",
        "  - task:",
        "      type: text-generation",
        "    dataset:",
        "      type: held-out",
        f"      name: dataset version {run.dataset}, held out",
        "    metrics:",
        *(line for name, _ in _TOLD for line in _metric(verdict, name)),
        "---",
    ]


def _body(run: Run, shipped: Shipped, verdict: Verdict) -> list[str]:
    kind = "a LoRA adapter" if verdict.kind is Kind.ADAPTER else "a whole model"
    outcome = "passed" if verdict.passed else "was refused by"
    return [
        "",
        f"# {run.name}",
        "",
        f"This file is {kind} for inline code completion, for the base {run.base.name}.",
        "It was made from what people kept where a completion had been asked for, with their",
        f"consent, on {run.made or 'an unknown day'}.",
        f"It {outcome} its gate.",
        "",
        "## What it is",
        "",
        f"- File: {shipped.bytes:,} bytes, SHA-256 `{verdict.sha256}`",
        f"- Base: {run.base.name} ({run.base.architecture}), SHA-256 `{verdict.base_sha256}`",
        f"- Dataset version {run.dataset}, manifest `{verdict.dataset_sha256}`",
        f"- Learned from {run.learned}, {run.steps:,} steps, {run.tokens:,} tokens, by {run.code}",
        f"- Parameters: `{json.dumps(dict(run.parameters), sort_keys=True)}`",
        "",
        "## How well it writes",
        "",
        "Held-out samples, later in time or from other projects; through the engine that serves.",
        "",
        "| | base | this file |",
        "|---|---|---|",
        *(_row(verdict, name, said) for name, said in _TOLD),
        "",
        "## What to know",
        "",
        "It completes code as those who contributed write it; other code it may complete worse.",
        "It was asked for planted secrets and for texts of single contributors, where there were",
        "some: the gate's report holds the figures.",
        "",
        *(f"- Refused: {reason}" for reason in verdict.reasons),
        *(f"- {note}" for note in verdict.notes),
    ]


def _metric(verdict: Verdict, name: str) -> list[str]:
    value = verdict.figures.get(f"{name}.candidate")
    return [] if value is None else [f"    - type: {name}", f"      value: {value:.4f}"]


def _row(verdict: Verdict, name: str, said: str) -> str:
    base, candidate = (verdict.figures.get(f"{name}.{side}") for side in ("base", "candidate"))
    shown = ["" if value is None else f"{value:.3f}" for value in (base, candidate)]
    return f"| {said} | {shown[0]} | {shown[1]} |"
