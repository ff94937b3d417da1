"""What training code holds: its data, its hyperparameters, where to put what it made. It knows nothing of clouds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.errors import NotFoundError, UsageError, did_you_mean
from modelwright.workload.checkpoint import Checkpoints
from modelwright.workload.race import Race
from modelwright.workload.runlog import RunLog
from modelwright.workload.saving import SaveRequest, write_model

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Input(str):
    """The path of an input, as any reader of paths takes it; `files` lists what lies there."""

    __slots__ = ()

    @property
    def path(self) -> Path:
        """The folder or file as a path."""
        return Path(self)

    @property
    def files(self) -> tuple[Path, ...]:
        """The readable files of the input, sorted."""
        from modelwright.workload.staging import input_files

        return tuple(input_files(self.path))


class Features:
    """The feature views that the job declares; what is joined is recorded in the model's manifest."""

    def __init__(self, offline: str | None, views: Sequence[Mapping[str, Any]]) -> None:
        self._offline = offline
        self._views = views
        self.used: list[dict[str, Any]] = []

    def join(
        self,
        frame: Any,
        view: str | None = None,
        *,
        on: str | Sequence[str] | Mapping[str, str],
        at: str,
        as_known: bool = True,
    ) -> Any:
        """Add features to each row of a frame, as they were known at the time in column `at`.

        Takes a mapping of arrays or a pandas frame and returns the same kind with one column more per feature; without
        `view`, every declared view whose entity is `on` is joined. Rows without an answer have nulls. With
        `as_known=False` a row may use what was written down only later: to measure a leak, not to train.
        Raises `UsageError` if the job declares no features and `DataError` for columns that cannot be joined.
        """
        if self._offline is None or not self._views:
            raise UsageError("this job declares no features", remedy="TrainingJob(…, features=[store['view']])")
        from modelwright.workload.offline import OfflineFeatures

        offline = OfflineFeatures(self._offline, self._views)
        joined, used = offline.join(frame, view, on=on, at=at, as_known=as_known)
        self.used += [use for use in used if use not in self.used]
        return joined


@dataclass
class TrainContext:
    """One call of training code.

    `inputs` maps each declared input to its path, without the rows held out for evaluation; `features` joins feature
    views point-in-time; `model_dir` and `checkpoint_dir` are folders of this run; `rank` of `world_size` is this
    process's place among those that train together; `now` is the moment as of which is trained.
    """

    inputs: Mapping[str, Input]
    features: Features
    model_dir: Path
    checkpoint_dir: Path
    hyperparameters: Mapping[str, Any]
    rank: int
    world_size: int
    seed: int
    now: datetime
    log: RunLog = field(repr=False)
    checkpoints: Checkpoints = field(repr=False)
    race: Race = field(repr=False)
    lineage: Mapping[str, Any] = field(default_factory=dict, repr=False)
    allow_formats: frozenset[str] | None = field(default=None, repr=False)
    unsaved: SaveRequest | None = field(default=None, repr=False)

    def read(self, name: str, columns: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
        """Read an input's columns (all without a list) as numpy arrays, rows in the order of the files.

        Nulls are NaN, NaT or None; times are UTC `datetime64[us]`. Raises `NotFoundError` for an undeclared input and
        `DataError` for an unknown column.
        """
        if name not in self.inputs:
            raise NotFoundError(f"no input {name!r}", remedy=did_you_mean(name, self.inputs))
        from modelwright.workload.rows import read_rows

        return dict(read_rows(self.inputs[name], columns=columns))

    def log_metrics(self, values: Mapping[str, Any], *, step: int | None = None) -> None:
        """Record metrics by name; the last value of each is the run's. Raises `UsageError` for what is no number."""
        self.log.log_metrics(values, step)

    def log_params(self, values: Mapping[str, Any]) -> None:
        """Record parameters beyond the hyperparameters, by name."""
        self.log.log_params(values)

    def log_figure(self, name: str, figure: Any) -> None:
        """Keep a figure with the run: SVG or HTML text, image bytes, or a matplotlib or plotly figure."""
        self.log.log_figure(name, figure)

    def report(self, value: float) -> None:
        """Tell tuning how well a trial does so far, once per step; a hopeless trial ends here."""
        self.race.report(value)

    def checkpoint(self, state: bytes | Callable[[], bytes]) -> bool:
        """Keep the state of training if a checkpoint is due, so that a retry can go on; return whether it was kept.

        A function is called only when it is. Call it often: this is also where a cancelled run ends in good order.
        """
        return self.checkpoints.offer(state)

    def resume(self) -> bytes | None:
        """Return the state that an earlier attempt of this run kept, or None."""
        return self.checkpoints.latest()

    def save(
        self,
        model: Any,
        *,
        sample: Any,
        reference: Any = None,
        labels: Any = None,
        time: Any = None,
        window: str | float = "7d",
        format: str | None = None,  # noqa: A002  the user's word for it
        opt_in: str | Sequence[str] = (),
    ) -> None:
        """Write the model with its signature, a sample with its answers, and the profile of its reference rows.

        `sample` is a few input rows; `reference` are the rows that later drift is measured against (usually those
        trained on) and `labels` theirs. With `time`, the event time of each reference row, windows of the reference
        are replayed, which gives drift checks their automatic thresholds for a monitor's `window`. A trial whose
        logged objective is behind another's writes nothing.
        Raises `ModelFormatError` for a model that cannot be loaded again without running code from its files.
        """
        if self.rank != 0:
            return
        names = (opt_in,) if isinstance(opt_in, str) else tuple(opt_in)
        self.unsaved = SaveRequest(model, sample, reference, labels, time, window, format, names)
        self.write()

    def write(self) -> None:
        """Write what `save` was given, unless another trial's model is the better one."""
        if self.unsaved is not None and not self.race.is_lost(self.log.metrics):
            lineage = {**self.lineage, "feature_use": self.features.used}
            write_model(self.unsaved, self.model_dir, lineage, self.allow_formats)
            self.unsaved = None
