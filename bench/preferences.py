"""Whether learning from what was not kept is worth anything: before, fitted, fitted and preferred.

`python -m bench.preferences [--model NAME] [--trace FILE] [--samples N]`

    a trace ─▶ mined ─▶ cut ─▶ a proposal at each ─▶ lake ─▶ version ─▶ two runs ─▶ held out

The trace is what somebody typed, without a model; so a real model proposes at each gap that was
mined, and is taken to have been shown. What was kept is what the person left standing there.
Fitted alone and fitted with preferences, on the same samples; measured on the newest days.

    agreement  of held-out preferences, what was kept is the likelier, a token of it
    exact      what was kept is what the model writes: the likeliest token at every place of it
    repeated   what was rejected is what it writes, all of it

Left out: silence (without a teacher nobody says that it was wanted), and everybody else's code: a
trace is one person in one file.

Rules
 - What decides is what serves and what trains: mining, cutting, checks, curation, courses.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import report, stage
from bench.sessions import of_trace
from echo_core.experience.mining import Experience
from echo_core.experience.sample import Sample
from echo_core.judging.checks import rejected
from echo_core.records.events import Edited, Event, Outcome, OutcomeKind, Proposed, Requested
from echo_core.sharing.bundle.contents import day_of, week_of
from echo_daemon.checking.judges import Judges
from echo_daemon.distilling.api import Matter
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile
from echo_testing.contributions import sample as contribution
from echo_testing.lake_room import Room
from echo_trainer.curation.parameters import Parameters
from echo_trainer.curation.split import Part
from echo_trainer.gate.asking import propose
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Versions
from echo_trainer.runs.bases import find_base
from echo_trainer.runs.folders import Runs
from echo_trainer.settings.training import TrainingSettings
from echo_trainer.training.course import Course, train
from echo_trainer.training.gathering import Packed, gather, maker
from echo_trainer.training.preferences import Pair, gather_preferences, pair_maker
from echo_trainer.training.vocabulary import open_vocabulary
from echo_trainer.training.weights import load_weights

TRACE: Final = "svelte.trace.jsonl.gz"
SAMPLES: Final = 200
PAUSE_MS: Final = 1000  # after so long somebody looks at what is offered; a trace's unit
BEFORE_CHARS: Final = 500  # so that a sample costs a second, and not ten
BEHIND_CHARS: Final = 150
TARGET_CHARS: Final = (3, 160)
BEGAN_MS: Final = 1_760_000_000_000  # any day
HELDOUT: Final = 250  # thousandths
TRIES: Final[tuple[dict[str, Any], ...]] = (
    {"preference_learning_rate_millionths": 20},
    {"preference_learning_rate_millionths": 100},
)
SETTINGS: Final[dict[str, Any]] = {
    "context_tokens": 384,
    "epochs": 1,
    "batch_samples": 8,
    "samples_at_once": 2,
    "learning_rate_millionths": 200,
    "heldout_samples": 200,
    "tracking": "off",
    "device": "cpu",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap of the trace: what was kept there, cut, and what a model proposed."""

    sample: Sample
    cut: int
    proposed: str = ""

    @property
    def refused(self) -> str:
        """The proposal, where it is a preference."""
        return rejected.text_of(self.proposed, self.sample.target, self.cut)


def asked_at_pauses(events: Iterator[Event]) -> Iterator[Event]:
    """The session, with those of its requests that a pause follows: at each something is shown."""
    waiting: Requested | None = None
    for event in events:
        if isinstance(event, Requested):
            waiting = event
            continue
        if isinstance(event, Edited) and waiting is not None:
            if event.at_ms - waiting.at_ms >= PAUSE_MS:
                yield waiting
                yield _offered(waiting)
                yield Outcome(waiting.at_ms, waiting.request, OutcomeKind.SHOWN, 1)
            waiting = None
        yield event


def _offered(asked: Requested) -> Proposed:
    """Something; what a model says there is known later."""
    return Proposed(asked.at_ms, asked.request, asked.request, "?", "", 0.0, 0.0, 0, 0, 0, "")


def mined(trace: Path, most: int) -> list[Gap]:
    """Gaps in which something was kept, cut by the rule; evenly over the trace."""
    experience, judges, found = Experience(), Judges(), []
    for event in asked_at_pauses(of_trace(trace)):
        for each in experience.feed(event):
            sample = each.sample
            if sample is None or not TARGET_CHARS[0] <= len(sample.target.strip()):
                continue
            texts = (sample.prefix[-BEFORE_CHARS:], sample.target, sample.suffix[:BEHIND_CHARS])
            cuts = judges.cuts(Matter("file:///t/a", (), sample.language, *texts))
            if cuts.options and cuts.options[cuts.first].at <= TARGET_CHARS[1]:
                short = dataclasses.replace(sample, prefix=texts[0], suffix=texts[2])
                found.append(Gap(short, cuts.options[cuts.first].at))
    step = max(1.0, len(found) / most)
    return [found[int(at * step)] for at in range(min(most, len(found)))]


async def proposed(gaps: Sequence[Gap], setting: stage.Stage) -> list[Gap]:
    """The same with what the model that serves proposes at each."""
    clock = SystemClock()
    engine = setting.engine(clock)
    try:
        await engine.warm()
        made = []
        for gap in gaps:
            text = gap.sample.prefix + gap.sample.suffix
            found = await propose(engine, text, len(gap.sample.prefix), clock.steady_ms)
            made.append(dataclasses.replace(gap, proposed=found.unasked))
            if len(made) % 20 == 0:
                stage.say(f"{len(made)} proposals")
        return made
    finally:
        await engine.close()


def filled(folder: Path, gaps: Sequence[Gap]) -> tuple[Room, str]:
    """A lake of the gaps, as its person would have sent them week by week; its version."""
    room, opened = Room(folder), []
    for number, gap in enumerate(gaps):
        at_ms = BEGAN_MS + gap.sample.broken_at_ms
        one = contribution(
            number,
            day=day_of(at_ms),
            language=gap.sample.language,
            prefix=gap.sample.prefix,
            target=gap.sample.target[: gap.cut],
            suffix=gap.sample.suffix,
            rejected=gap.refused,
            quality=1000,
        )
        week = week_of(at_ms)
        opened.append(Opened(f"{int(week[:4] + week[-2:]):064x}", week, one))
    room.add(opened)
    parameters = Parameters(
        contributors_min=1, heldout_persons=0, heldout_newest=HELDOUT, likeness_min=1000
    )
    return room, room.make(parameters).name


@dataclass(frozen=True, slots=True)
class Desk:
    """A version, the base, and what of the version is held out."""

    course: Course
    held_out: Sequence[Packed]
    preferences: Mapping[Part, Sequence[Pair]]
    end: int

    @classmethod
    def of(cls, course: Course) -> Desk:
        """What a course will learn from, and what not."""
        family, vocabulary = open_vocabulary(course.base)
        room, few = course.settings.context_tokens, course.settings.heldout_samples
        found = (course.versions, course.dataset, course.keys)
        held_out = gather(*found, maker(family, vocabulary, room), few).parts[Part.LATER]
        pairs = gather_preferences(*found, pair_maker(family, vocabulary, room), few)
        return cls(course, held_out, pairs.parts, vocabulary.filler)


def measured(model: Any, desk: Desk) -> dict[str, float]:
    """A model on what was held out."""
    import torch  # noqa: PLC0415 - an extra

    from echo_trainer.training.preferring import batch_of, likelihoods  # noqa: PLC0415

    def writes(one: Packed) -> bool:
        """Whether the likeliest token is the learned one at every place."""
        batch = batch_of([one], desk.end)
        wanted = batch["wanted"][:, 1:]
        logits = model(input_ids=batch["input_ids"], use_cache=False).logits[:, :-1]
        return bool(((logits.argmax(-1) == wanted) | (wanted < 0)).all())

    model.eval()
    pairs = desk.preferences[Part.LATER]
    with torch.no_grad():
        sums = [likelihoods(model, batch_of([one], desk.end)) for one in desk.held_out]
        both = [likelihoods(model, batch_of([one.kept, one.rejected], desk.end)) for one in pairs]
        means = [(total / count).tolist() for total, count in both]
        found = {
            "agreement": sum(kept > rejected for kept, rejected in means) / len(means),
            "exact": sum(map(writes, desk.held_out)) / len(desk.held_out),
            "repeated": sum(writes(one.rejected) for one in pairs) / len(pairs),
            "loss": -sum(float(total) for total, _ in sums) / sum(int(count) for _, count in sums),
        }
    stage.say(json.dumps(found))
    return found


def compared(folder: Path, gaps: Sequence[Gap], model: str) -> dict[str, object]:
    """The figures of the base, of what was fitted, and of each try that goes on from there."""
    import torch  # noqa: PLC0415 - an extra
    from peft import PeftModel  # noqa: PLC0415

    from echo_trainer.training import fitting, preferring  # noqa: PLC0415

    room, version = filled(folder, gaps)
    course = Course(
        versions=Versions(room.lake),
        keys=room.keys,
        dataset=version,
        base=find_base(model, None, Profile.locate(os.environ).models_dir),
        folder=Runs.of(room.home).named("fitted"),
        settings=TrainingSettings(**SETTINGS),
        data=room.home.data,
        clock=SystemClock(),
        say=stage.say,
    )
    desk = Desk.of(course)
    made: dict[str, object] = {"base": measured(load_weights(course.base, torch.float32), desk)}
    run = train(course)
    for number, changes in enumerate(({}, *TRIES)):
        learned = PeftModel.from_pretrained(
            load_weights(course.base, torch.float32), str(course.folder.adapter), is_trainable=True
        )
        name = " ".join(f"{key} {value}" for key, value in changes.items()) or "fitted"
        if changes:
            work = fitting.Work(
                {},
                dataclasses.replace(course.settings, **changes),
                fitting.Place.taken(course.settings),
                folder / f"try{number}",
                lambda step, figures: stage.say(f"{step} {figures}"),
                desk.end,
            )
            pairs = {part.value: each for part, each in desk.preferences.items()}
            preferring.prefer(
                learned, preferring.Work(work, pairs, fitting.Fitted(run.steps, run.tokens, {}))
            )
        made[name] = measured(learned, desk)
    manifest = Versions(room.lake).manifest(version)
    return {
        **made,
        "learned": dict(run.examples),
        "preferences": {part.value: len(each) for part, each in desk.preferences.items()},
        "held_out": len(desk.held_out),
        "seconds_fitted": run.seconds,
        "version": {"parts": dict(manifest.parts), "dropped": dict(manifest.dropped)},
    }


async def measure(chosen: argparse.Namespace) -> report.Report:
    """All of it."""
    clock, setting = SystemClock(), stage.alone(chosen.model, chosen.threads)
    gaps = mined(chosen.trace, chosen.samples)
    stage.say(f"{len(gaps)} gaps")
    began_ms = clock.steady_ms()
    gaps = await proposed(gaps, setting)
    refused, silent = (
        sum(bool(each.refused) for each in gaps),
        sum(not each.proposed for each in gaps),
    )
    stage.say(f"{refused} preferences, {silent} times silence")
    seconds = (clock.steady_ms() - began_ms) / 1000
    with tempfile.TemporaryDirectory(prefix="echo-bench-") as folder:
        found = await asyncio.to_thread(compared, Path(folder), gaps, chosen.model)
    return report.Report(
        bench="preferences",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=chosen.model,
        values={},
        detail={
            **setting.detail,
            "trace": chosen.trace.name,
            "gaps": len(gaps),
            "proposals_s": seconds,
            "refused": refused,
            "silent": silent,
            **found,
        },
    )


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.set_defaults(model="smollm2-135m")
    options.add_argument(
        "--trace", type=Path, default=Path(os.environ.get("ECHO_DATA", ".")) / TRACE
    )
    options.add_argument("--samples", type=int, default=SAMPLES)
    stage.run(measure(options.parse_args()))


if __name__ == "__main__":
    main()
