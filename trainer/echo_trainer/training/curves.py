"""Runs, parameters and curves in MLflow.

Left out: what is measured (`fitting`). What MLflow is given is numbers and names: no file of a run
and no text of a sample.

Rules
 - One run of ours is one run there, also when it was cut off and goes on.
 - Nobody is told that MLflow is used here: its telemetry is off.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from echo_core.errors import TrainerError

EXPERIMENT: Final = "echo"
OFF: Final = "off"
_LOCAL: Final = "sqlite://"
_QUIET: Final = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_CONFIGURE_LOGGING": "false"}


class Curves:
    """Takes what is told of one run."""

    def __init__(self, place: str, name: str, artifacts: Path) -> None:
        """
        Args:
            place: an address of MLflow.
            name: of the run.
            artifacts: where it would put files, on this machine: it is given none, and would
                otherwise note the folder that the command was started in.

        Raises:
            TrainerError: MLflow is not installed, or not there.
        """
        self._artifacts = artifacts.as_uri() if place.startswith(_LOCAL) else None
        os.environ.update(_QUIET)  # before it is loaded: it reads them then
        try:
            from mlflow import MlflowClient  # noqa: PLC0415 - four seconds
            from mlflow.exceptions import MlflowException  # noqa: PLC0415
        except ImportError as error:
            raise TrainerError(MISSING) from error
        self._errors: tuple[type[Exception], ...] = (MlflowException, OSError)
        try:
            self._client: Any = MlflowClient(place)
            self._run = self._found(name) or self._client.create_run(
                self._experiment(), run_name=name, tags={"echo.run": name}
            )
        except self._errors as error:
            raise self._away() from error

    def begin(self, parameters: Mapping[str, object]) -> None:
        """With what it is trained; the same again changes nothing."""
        known = self._run.data.params
        for name, value in parameters.items():
            if name not in known:
                self._told(self._client.log_param, name, str(value))

    def at(self, step: int, figures: Mapping[str, float]) -> None:
        """What was measured at a step."""
        for name, value in figures.items():
            self._told(self._client.log_metric, name, value, step=step)

    def end(self, *, done: bool) -> None:
        """It is done, or was given up."""
        self._told(self._client.set_terminated, "FINISHED" if done else "FAILED")

    def _told(self, call: Any, *values: object, **more: object) -> None:
        try:
            call(self._run.info.run_id, *values, **more)
        except self._errors as error:
            raise self._away() from error

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is None:
            return str(self._client.create_experiment(EXPERIMENT, self._artifacts))
        return str(found.experiment_id)

    def _found(self, name: str) -> Any:
        """The run of that name that was begun before."""
        runs = self._client.search_runs([self._experiment()], f"tags.`echo.run` = '{name}'")
        return next(iter(runs), None)

    @staticmethod
    def _away() -> TrainerError:
        return TrainerError(
            "MLflow cannot be written: check training.tracking, or set it to `off`."
        )


MISSING: Final = (
    "Training needs the extra `training`: `pip install 'echo-completion[trainer,training]'`."
)


def place_of(tracking: str, data: Path) -> str:
    """The address that the settings name: empty, a file of SQLite in `data`."""
    return tracking or f"{_LOCAL}/{data / 'mlflow.db'}"
