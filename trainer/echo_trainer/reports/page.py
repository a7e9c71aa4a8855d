"""The page of a run: what arrived, why samples were not taken, and the mixture before and after."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from echo_trainer.curation.drops import SENTENCES, Drop
from echo_trainer.curation.manifest import Manifest
from echo_trainer.reports.bars import bars
from echo_trainer.reports.facts import RunFacts
from echo_trainer.reports.frame import table, whole

_LANGUAGE: Final = "Language"


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
<p>{people}. {manifest.hidden:,} rare words, texts and imports were replaced in contexts.
{sum(manifest.preferences.values()):,} samples also say what was not kept.</p>
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
    return whole(f"Version {manifest.name}", body)


def _drops(dropped: Mapping[str, int]) -> str:
    rows = [(SENTENCES[why], dropped[why]) for why in Drop if dropped.get(why)]
    return table(("Reason", "Samples"), rows) if rows else "<p>None.</p>"


def _by_size(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))
