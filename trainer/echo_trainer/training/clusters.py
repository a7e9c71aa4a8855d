"""The same training by workers of a Ray cluster: each is one process of a run.

Each worker gets what torchrun would tell it (rank, size, the first one's address) and calls
`course.train`. They begin together or not at all: their room in the cluster is one group. Of Ray
nothing else is used: Ray Train starts three more processes for each run, which on a machine of two
cores took longer than the training, and goes on asking for their state when it is over.

Left out: training (`course`). The trainer's home and the base lie where every node sees them under
the same path: what a worker reads and writes is what the shell would.

Rules
 - A worker opens the lake itself: no sample and no token goes through Ray's own store, which may
   spill to a disk.
 - When one worker fails the others are ended: they would wait for it for ever.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from echo_core.errors import EchoError, TrainerError
from echo_trainer.lake.cluster import ray_at, unusable
from echo_trainer.runs.records import Run
from echo_trainer.training.course import Course, check, train

_FIRST: Final = "0"
_SOON_S: Final = 20.0  # after so long without room for all somebody is told what it waits for


class _Worker:
    """One process of a run, somewhere in the cluster."""

    def address(self) -> tuple[str, int]:
        """Where the others find it, if it is the first: its node, and a port that is free there."""
        import ray  # noqa: PLC0415 - an extra

        with socket.socket() as free:
            free.bind(("", 0))
            return ray.util.get_node_ip_address(), free.getsockname()[1]

    def train(self, course: Course, surroundings: Mapping[str, str]) -> None:
        """Its part of the run."""
        os.environ.update(surroundings)
        train(course)


def train_on_ray(course: Course) -> Run:
    """`train`, by the workers that the settings name.

    Raises:
        InputError, ModelError, TrainerError: as `train`, or the cluster cannot be used.
    """
    _, done = check(course)
    if done is not None:
        return done
    address, size = course.settings.ray, course.settings.ray_workers
    ray = ray_at(address)
    try:
        total = ray.cluster_resources()
        device = "GPU" if course.settings.device != "cpu" and total.get("GPU", 0) else "CPU"
        if total.get(device, 0) < size:
            raise TrainerError(
                f"The Ray cluster at {address} has fewer than {size} {device}s: set "
                "training.ray_workers."
            )
        room = ray.util.placement_group([{device: 1}] * size)
        try:
            if not room.wait(_SOON_S):
                course.say(f"waiting until {size} {device}s of the cluster are free")
            ray.get(room.ready())
            _train(ray, course, [_started(ray, room, place, device) for place in range(size)])
        finally:
            ray.util.remove_placement_group(room)  # which ends what runs in it
    except EchoError:
        raise
    except Exception as error:  # whatever Ray raises of its own
        raise unusable(address) from error
    return course.folder.read_run()


def _started(ray: Any, room: Any, place: int, device: str) -> Any:
    """A worker in its place of the group."""
    from ray.util.scheduling_strategies import (  # noqa: PLC0415 - an extra
        PlacementGroupSchedulingStrategy,
    )

    where = PlacementGroupSchedulingStrategy(room, placement_group_bundle_index=place)
    needs = {"num_cpus": 0, "num_gpus": 1} if device == "GPU" else {"num_cpus": 1}
    return ray.remote(_Worker).options(scheduling_strategy=where, **needs).remote()


def _train(ray: Any, course: Course, workers: Sequence[Any]) -> None:
    """Have all of them train, until all are done or one fails."""
    host, port = ray.get(workers[0].address.remote())
    shared = {
        "MASTER_ADDR": str(host),
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(len(workers)),
        "LOCAL_RANK": "0",  # each sees its own device alone
    }
    told = replace(course, say=_say)
    waiting = [
        worker.train.remote(told, {**shared, "RANK": str(rank)})
        for rank, worker in enumerate(workers)
    ]
    while waiting:
        [ready], waiting = ray.wait(waiting)
        try:
            ray.get(ready)
        except ray.exceptions.RayError as error:
            raise _cause(error, course.settings.ray) from error


def _say(line: str) -> None:
    """In a worker: what it says lies in Ray's logs."""
    if os.environ.get("RANK", _FIRST) == _FIRST:
        sys.stderr.write(line + "\n")


def _cause(error: BaseException, address: str) -> EchoError:
    """What a worker said, where it said it in our words."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, EchoError):
        return cause
    return TrainerError(
        f"A worker of the Ray cluster at {address} failed: every node needs the extra `training`, "
        "and the trainer's home under the same path."
    )
