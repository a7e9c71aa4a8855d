"""The same training by workers of a Ray cluster: each is one process of a run.

Left out: training (`course`). The trainer's home and the base lie where every node sees them under
the same path: what a worker reads and writes is what the shell would.

Rules
 - A worker opens the lake itself: no sample and no token goes through Ray's own store, which may
   spill to a disk.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from typing import Final

from echo_core.errors import EchoError, TrainerError
from echo_trainer.lake.cluster import ray_at
from echo_trainer.runs.records import Run
from echo_trainer.training.course import Course, check, train
from echo_trainer.training.curves import MISSING

_FIRST: Final = "0"


def train_on_ray(course: Course) -> Run:
    """`train`, by the workers that the settings name.

    Raises:
        InputError, ModelError, TrainerError: as `train`, or the cluster cannot be used.
    """
    _, done = check(course)
    if done is not None:
        return done
    address, workers = course.settings.ray, course.settings.ray_workers
    ray = ray_at(address)
    try:
        from ray.train import RunConfig, ScalingConfig  # noqa: PLC0415 - an extra
        from ray.train.torch import TorchTrainer  # noqa: PLC0415
    except ImportError as error:
        raise TrainerError(MISSING) from error
    needed = {"GPU": 1.0} if _has_gpus(ray.cluster_resources(), course) else {"CPU": 1.0}
    for name, each in needed.items():
        if ray.cluster_resources().get(name, 0) < each * workers:
            raise TrainerError(
                f"The Ray cluster at {address} has fewer than {workers} {name}s: set "
                "training.ray_workers."
            )
    notes = course.folder.path / "ray"
    made = TorchTrainer(
        _work,
        train_loop_config={"course": replace(course, say=_say)},
        scaling_config=ScalingConfig(
            num_workers=workers, use_gpu="GPU" in needed, resources_per_worker=needed
        ),
        run_config=RunConfig(name=course.folder.name, storage_path=str(notes)),
    )
    try:
        made.fit()
    except Exception as error:  # Ray wraps what a worker raised, and has its own
        raise _cause(error, address) from error
    finally:
        shutil.rmtree(notes, ignore_errors=True)
    return course.folder.read_run()


def _work(config: dict[str, Course]) -> None:
    """What each worker does."""
    train(config["course"])


def _say(line: str) -> None:
    """In a worker: what it says lies in Ray's logs."""
    if os.environ.get("RANK", _FIRST) == _FIRST:
        sys.stderr.write(line + "\n")


def _has_gpus(resources: dict[str, float], course: Course) -> bool:
    return course.settings.device != "cpu" and resources.get("GPU", 0) > 0


def _cause(error: BaseException, address: str) -> EchoError:
    """What a worker said, where it said it in our words."""
    failures = getattr(error, "worker_failures", {}).values()
    for each in (*failures, error):
        found: BaseException | None = each
        while found is not None:
            if isinstance(found, EchoError):
                return found
            found = getattr(found, "cause", None) or found.__cause__
    return TrainerError(
        f"A worker of the Ray cluster at {address} failed: every node needs the extra `training`, "
        "and the trainer's home under the same path."
    )
