"""One run of training, from a dataset version to RUN/adapter and RUN/run.json.

Every process of a run calls `train`, whoever started them: a shell, torchrun, accelerate or Ray.
Left out: fitting (`fitting`), curves (`curves`), what a terminal is shown (`cli`).

Rules
 - A run that was cut off goes on when it is begun again; with another version, base or other
   parameters it is refused: its name is taken.
 - What somebody deleted is not learned from. Where samples of the version were deleted since a run
   was begun it starts over, and what it had learned is removed; where they are deleted while it
   computes it ends, and keeps nothing.
 - A run that is done is found, not made again.
 - The first process writes; the others compute.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from echo_core.clock import Clock
from echo_core.errors import InputError, ModelError, TrainerError
from echo_core.sharing.bundle.contents import day_of
from echo_runtime import files
from echo_runtime.code_version import code_version
from echo_trainer.curation.split import Part
from echo_trainer.home import make_private
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.lake.versions import Versions
from echo_trainer.runs import curve
from echo_trainer.runs.bases import BaseFile
from echo_trainer.runs.canaries import planted
from echo_trainer.runs.folders import RunFolder
from echo_trainer.runs.records import Run
from echo_trainer.settings.training import TrainingSettings, deciding
from echo_trainer.training import checkpoints
from echo_trainer.training.curves import MISSING, OFF, Curves, place_of
from echo_trainer.training.gathering import Gathered, gather, maker
from echo_trainer.training.preferences import Preferences, gather_preferences, pair_maker
from echo_trainer.training.vocabulary import open_vocabulary
from echo_trainer.training.weights import check_architecture, load_weights, stay_offline

if TYPE_CHECKING:
    from echo_trainer.training.fitting import Fitted

# What makes examples of samples.
_DECIDING: Final = (
    ("echo_core.completion", "fim.py"),
    ("echo_core.completion", "prompt_tokens.py"),
    ("echo_core.completion", "window.py"),
    ("echo_trainer.training", "batches.py"),
    ("echo_trainer.training", "examples.py"),
    ("echo_trainer.training", "fitting.py"),
    ("echo_trainer.training", "order.py"),
    ("echo_trainer.training", "preferences.py"),
    ("echo_trainer.training", "preferring.py"),
    ("echo_trainer.training", "weights.py"),
)

_STANDING: Final = "samples_sha256"  # in a plan: which samples there were


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that a run is made of."""

    versions: Versions
    keys: RowKeys
    dataset: str
    base: BaseFile
    folder: RunFolder
    settings: TrainingSettings
    data: Path  # where MLflow's file lies, unless the settings name another place
    clock: Clock
    say: Callable[[str], None]


def train(course: Course) -> Run:
    """Train, or go on, or find what is done.

    Raises:
        InputError: the version, the base or the run's name does not do.
        ModelError: the base cannot be read.
        TrainerError: there is no room, no extra `training`, or something outside fails.
    """
    plan, done = check(course)
    if done is not None:
        return done
    standing = course.versions.standing(course.dataset, course.keys)
    fitting = _loaded()
    family, vocabulary = open_vocabulary(course.base)
    settings = course.settings
    gathered = gather(
        course.versions,
        course.dataset,
        course.keys,
        maker(family, vocabulary, settings.context_tokens),
        settings.heldout_samples,
        planting=planted(deciding(settings)),
    )
    preferences = _preferences(course, pair_maker(family, vocabulary, settings.context_tokens))
    gathered.counts.update({} if preferences is None else preferences.counts)
    place = fitting.Place.taken(settings)
    if place.is_first:
        _prepare(course, plan | {_STANDING: standing})
    place.wait_for_all()
    since_ms = course.clock.steady_ms()
    curves = None if not place.is_first else _curves(course, plan)
    work = fitting.Work(
        {part.value: gathered.parts[part] for part in Part},
        settings,
        place,
        course.folder.checkpoints,
        lambda step, figures: _tell(course, curves, step, figures),
        vocabulary.filler,
        lambda: _check_standing(course, standing),
    )
    try:
        fitted, model = fitting.fit(_weights(course, place.dtype), work)
        if preferences is not None:
            fitted = _preferred(model, work, fitted, preferences)
        _check_standing(course, standing)
        place.wait_for_all()
    except BaseException:
        if curves is not None:
            curves.end(done=False)
        raise
    run = _run(course, gathered, fitted, (course.clock.steady_ms() - since_ms) / 1000)
    if place.is_first:
        _keep(course, model, run)
        if curves is not None:
            curves.at(fitted.steps, fitted.figures)
            curves.end(done=True)
    place.wait_for_all()
    return run


def _preferences(course: Course, make: Callable[..., Any]) -> Preferences | None:
    if not course.settings.preferences:
        return None
    return gather_preferences(
        course.versions, course.dataset, course.keys, make, course.settings.heldout_samples
    )


def check(course: Course) -> tuple[dict[str, object], Run | None]:
    """What the run is made of, and the run itself where it is done; all that is cheap to check.

    Raises:
        InputError, TrainerError: as `train`.
    """
    check_architecture(course.base)
    plan = _plan(course)
    found = _begun(course.folder, plan)
    if found is None or not course.folder.document.is_file():
        return plan, None
    if found.get(_STANDING) != course.versions.standing(course.dataset, course.keys):
        course.say("samples were deleted since this was trained: another run learns without them")
    return plan, course.folder.read_run()


def _loaded() -> Any:
    """What needs the extra `training`, loaded when all that is cheap was checked."""
    stay_offline()
    try:
        from echo_trainer.training import fitting  # noqa: PLC0415 - seconds, and an extra
    except ImportError as error:
        raise TrainerError(MISSING) from error
    return fitting


def _preferred(model: Any, work: Any, fitted: Fitted, preferences: Preferences) -> Fitted:
    """Teach what was fitted what was kept over what was not; both together."""
    from echo_trainer.training import preferring  # noqa: PLC0415 - as `_loaded`

    pairs = {part.value: preferences.parts[part] for part in Part}
    return preferring.prefer(model, preferring.Work(work, pairs, fitted))


def _plan(course: Course) -> dict[str, object]:
    """What makes it this run and no other."""
    return {
        "base": asdict(course.base.base),
        "dataset": course.dataset,
        "dataset_sha256": course.versions.manifest(course.dataset).digest,
        "code": code_version((), _DECIDING),
        "parameters": deciding(course.settings),
    }


def _begun(folder: RunFolder, plan: Mapping[str, object]) -> dict[str, Any] | None:
    """The plan of this very run where it was begun before.

    Raises:
        InputError: another one has its name.
    """
    try:
        found: dict[str, Any] = json.loads(folder.plan.read_bytes())
        differing = [name for name in plan if found.get(name) != plan[name]]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{folder.plan} cannot be read: remove {folder.path}.") from error
    if differing:
        raise InputError(
            f"The run {folder.name} was begun with another {differing[0]}: give another name with "
            f"--run, or remove {folder.path}."
        )
    return found


def _prepare(course: Course, plan: dict[str, object]) -> None:
    """Make room for what is learned; what was learned from deleted samples goes first."""
    folder = course.folder
    try:
        make_private(folder.checkpoints)
        found = _begun(folder, {})
        if found is not None and found.get(_STANDING) != plan[_STANDING]:
            shutil.rmtree(folder.checkpoints)
            make_private(folder.checkpoints)
            course.say("samples were deleted since it was begun: starting over from the base")
        if (last := checkpoints.sweep(folder.checkpoints)) is not None:
            course.say(f"going on from {last.name}")
        files.write_json(folder.plan, plan)
    except OSError as error:
        raise TrainerError(
            f"{folder.path} cannot be written ({error.strerror}): free some space."
        ) from error


def _check_standing(course: Course, standing: str) -> None:
    """See that nothing was deleted of what is being learned.

    Raises:
        TrainerError: it was, and what was learned of it is removed.
    """
    if course.versions.standing(course.dataset, course.keys) == standing:
        return
    shutil.rmtree(course.folder.checkpoints, ignore_errors=True)
    raise TrainerError(
        f"Samples of the version {course.dataset} were deleted while it was learned: run the same "
        "command again, and it starts over without them."
    )


def _weights(course: Course, dtype: Any) -> Any:
    """The base, as the file held it whose digest was taken.

    Raises:
        ModelError: it cannot be read, or it was replaced since.
    """
    model = load_weights(course.base, dtype)
    if files.sha256_of(course.base.path, lambda _done: None) != course.base.base.sha256:
        raise ModelError(
            f"{course.base.path} changed while it was read: run the same command again."
        )
    return model


def _curves(course: Course, plan: Mapping[str, object]) -> Curves | None:
    if course.settings.tracking == OFF:
        return None
    place = place_of(course.settings.tracking, course.data)
    curves = Curves(place, course.folder.name, course.data / "mlflow-artifacts")
    curves.begin(
        {
            **deciding(course.settings),
            "base": course.base.base.name,
            "base_sha256": course.base.base.sha256,
            "dataset": course.dataset,
            "code": plan["code"],
        }
    )
    return curves


def _tell(course: Course, curves: Curves | None, step: int, figures: Mapping[str, float]) -> None:
    curve.note(course.folder, step, figures)
    if curves is not None:
        curves.at(step, figures)
    for name in {"loss", "preference_loss"} & figures.keys():
        course.say(f"step {step}: {name.replace('_', ' ')} {figures[name]:.3f}")


def _run(course: Course, gathered: Gathered, fitted: Fitted, seconds: float) -> Run:
    return Run(
        name=course.folder.name,
        base=course.base.base,
        dataset=course.dataset,
        dataset_sha256=course.versions.manifest(course.dataset).digest,
        code=code_version((), _DECIDING),
        parameters=deciding(course.settings),
        examples=dict(sorted(gathered.counts.items())),
        tokens=fitted.tokens,
        steps=fitted.steps,
        seconds=round(seconds, 1),
        figures=dict(fitted.figures),
        made=day_of(course.clock.wall_ms()),
    )


def _keep(course: Course, model: Any, run: Run) -> None:
    """The LoRA, then what says that it is there; checkpoints are of no use any more."""
    partial = course.folder.path / "adapter.partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(course.folder.adapter, ignore_errors=True)
    try:
        model.save_pretrained(str(partial))
        partial.rename(course.folder.adapter)
    except OSError as error:
        raise TrainerError(
            f"{course.folder.adapter} cannot be written ({error.strerror}): free some space and "
            "run the same command again."
        ) from error
    course.folder.write(run)
    shutil.rmtree(course.folder.checkpoints, ignore_errors=True)
