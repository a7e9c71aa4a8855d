"""Daft, on this machine or on a Ray cluster: the same plans run on both.

Left out: the plans (`plan`).

Rules
 - The runner is chosen once a process, before the first plan: Daft allows no second choice.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import daft
from daft.io import IOConfig, S3Config

from echo_core.errors import TrainerError
from echo_trainer.lake.cluster import ray_at, unusable

_PROGRESS = "DAFT_PROGRESS_BAR"


@dataclass(frozen=True, slots=True)
class Engine:
    """What plans are run with."""

    workers: int  # processes that work on batches of rows
    io: IOConfig


def engine(workers: int, ray: str, options: Mapping[str, str]) -> Engine:
    """Choose the runner: this machine, or the Ray cluster at an address.

    `workers`: 0 takes every processor. `options`: what the environment says of buckets.

    Raises:
        TrainerError: Ray is not installed or not there, or another runner was chosen before.
    """
    os.environ.setdefault(_PROGRESS, "0")  # progress is ours to tell
    if ray:
        workers = _use_ray(ray, workers)
    elif daft.get_or_infer_runner_type() != "native":
        raise TrainerError("This process computes on Ray already: start another one.")
    return Engine(workers or os.cpu_count() or 1, _io(options))


def _use_ray(address: str, workers: int) -> int:
    ray = ray_at(address)
    try:
        if daft.get_or_infer_runner_type() != "ray":
            daft.set_runner_ray(address=address, noop_if_initialized=True)
    except Exception as error:  # Daft raises whatever the connection does
        raise unusable(address) from error
    cluster: dict[str, float] = ray.cluster_resources()
    return workers or int(cluster.get("CPU", 1))


def _io(options: Mapping[str, str]) -> IOConfig:
    """What Daft is told of buckets; what is not said it looks for as AWS's tools do."""
    if not options:
        return IOConfig()
    endpoint = options.get("AWS_ENDPOINT_URL", options.get("AWS_ENDPOINT"))
    return IOConfig(
        s3=S3Config(
            endpoint_url=endpoint,
            region_name=options.get("AWS_REGION", options.get("AWS_DEFAULT_REGION")),
            key_id=options.get("AWS_ACCESS_KEY_ID"),
            access_key=options.get("AWS_SECRET_ACCESS_KEY"),
            session_token=options.get("AWS_SESSION_TOKEN"),
            use_ssl=endpoint is None or endpoint.startswith("https"),
        )
    )
