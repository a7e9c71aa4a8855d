"""The page of a run: what arrived, why samples were not taken, and the mixture before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from echo_core.showing.plots.style import STYLE
from echo_trainer.curation.drops import SENTENCES, Drop
from echo_trainer.curation.manifest import Manifest
from echo_trainer.reports.bars import bars
from echo_trainer.reports.facts import RunFacts

_LANGUAGE: Final = "Language"
PAGE_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: .15rem .8rem .15rem 0; text-align: left; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.plot .count { font-size: 10px; }
code { font-size: 90%; } h2 { margin-top: 2rem; }
"""


def page(manifest: Manifest, run: RunFacts) -> bytes:
    """The page, in UTF-8."""
    before, after = manifest.before, manifest.after
    mixtures = [
        ("Length of the target (characters)", before.lengths, after.lengths),
        (_LANGUAGE, before.languages, after.languages),
        ("Difficulty for the model that served", before.zones, after.zones),
        ("Quality that the checks gave", before.qualities, after.qualities),
    ]
    plots = "".join(
        f"<h2>{escape(title)}</h2>"
        + bars(
            _by_size(was) if title == _LANGUAGE else list(was), (("before", was), ("after", now))
        )
        for title, was, now in mixtures
    )
    people = (
        f"{before.contributors:,} pseudonyms before, {after.contributors:,} after; the largest "
        f"share of one was {before.largest_share / 10:.1f}% and is {after.largest_share / 10:.1f}%"
    )
    digests = (
        ("version", manifest.digest),
        ("samples that there were", manifest.inputs),
        ("rows that were written", manifest.rows),
        ("problems kept out", manifest.problems),
    )
    steps = ((step, round(took, 1)) for step, took in run.seconds.items())
    body = f"""<h1>Dataset version {manifest.name}</h1>
<p>Made {escape(manifest.made)} by {escape(manifest.code)}, of {manifest.arrived:,} samples.</p>
{table(("Part", "Samples"), manifest.parts.items())}
<p>{people}. {manifest.hidden:,} rare words, texts and imports were replaced in contexts.</p>
<h2>Why samples were not taken</h2>
{_drops(manifest.dropped)}
<p>Grey bars: all samples of the lake. Coloured bars: the training part.</p>
{plots}
<h2>This run</h2>
<p>{run.bundles:,} bundles were opened and {run.added:,} samples came into the lake;
{run.wishes:,} wishes to delete were fulfilled.</p>
{_drops(run.dropped)}
{table(("Step", "Seconds"), steps)}
<h2>What decided</h2>
{table(("Parameter", "Value"), manifest.parameters.items())}
<h2>Digests</h2>
{table(("Of", "SHA-256"), digests)}"""
    title = f"<title>Version {manifest.name}</title>"
    head = f'<meta charset="utf-8">{title}<style>{STYLE}{PAGE_STYLE}</style>'
    whole = f'<!doctype html><html lang="en">{head}<body>{body}</body></html>\n'
    return whole.encode()


def _drops(dropped: Mapping[str, int]) -> str:
    rows = [(SENTENCES[why], dropped[why]) for why in Drop if dropped.get(why)]
    return table(("Reason", "Samples"), rows) if rows else "<p>None.</p>"


def _by_size(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


def table(head: tuple[str, str], rows: Iterable[tuple[str, object]]) -> str:
    lines = "".join(
        f'<tr><td>{escape(str(name))}</td><td class="n">{_said(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table><tr><th>{head[0]}</th><th>{head[1]}</th></tr>{lines}</table>"


def _said(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
