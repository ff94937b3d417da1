"""An adapter's answer for every feature that a spec may rely on, and the check that comes before everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from modelwright.errors import UnsupportedError, UsageError, did_you_mean

Level = Literal["native", "emulated", "todo", "upstream", "never"]


@dataclass(frozen=True, slots=True)
class Answer:
    """How a feature is supported: `how` says what is run instead or why not, `instead` the nearest alternative.

    `evidence` says what of a native feature is found in an assembly; see `native`.
    """

    level: Level
    how: str = ""
    instead: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        """Whether a project may rely on the feature."""
        return self.level in {"native", "emulated"}


def native(*evidence: str) -> Answer:
    """The platform does exactly that, and an assembly shows it.

    `modelwright.testing` declares the feature and finds exactly its evidence beside what was there before:

    | evidence | what is found |
    |---|---|
    | `aws:s3/bucket:Bucket` | a resource of this token, or a request of this operation |
    | `-aws:s3/bucket:Bucket` | one less |
    | `sagemaker.CreateModel#body.Containers` | one that was there has another value at or below this path |
    | `sagemaker.UpdateEndpointWeights$weights` | a request with this slot: a release decides, and fills it |
    """
    return Answer("native", evidence=evidence)


def emulated(how: str) -> Answer:
    """The product does it on this platform, in the way that `how` says."""
    return Answer("emulated", how)


def todo(why: str) -> Answer:
    """The adapter could do it and does not yet."""
    return Answer("todo", why)


def upstream(why: str) -> Answer:
    """The platform promises it and does not deliver it yet; `why` names where that is tracked."""
    return Answer("upstream", why)


def never(why: str, *, instead: str) -> Answer:
    """The platform cannot do it; `instead` is the nearest thing that it can."""
    return Answer("never", why, instead)


class Support(Mapping[str, Answer]):
    """A total table: an answer for every feature. Raises `UsageError` for a missing or an unknown one."""

    def __init__(self, answers: Mapping[str, Answer], *, features: Iterable[str]) -> None:
        known = frozenset(features)
        if missing := sorted(known - answers.keys()):
            raise UsageError(f"a support table has no answer for {', '.join(missing)}")
        if unknown := sorted(answers.keys() - known):
            raise UsageError(f"a support table answers for {unknown[0]!r}, which is no feature",
                             remedy=did_you_mean(unknown[0], known))  # fmt: skip
        self._answers = dict(sorted(answers.items()))

    def __getitem__(self, feature: str) -> Answer:
        return self._answers[feature]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)


@dataclass(frozen=True, slots=True)
class Gap:
    """A feature that a resource relies on and an adapter does not support."""

    resource: str
    feature: str
    answer: Answer

    def __str__(self) -> str:
        word = {"todo": "not yet", "upstream": "not yet upstream", "never": "not possible"}[self.answer.level]
        text = f"{self.resource} relies on {self.feature}: {word}, {self.answer.how}"
        return f"{text}; instead: {self.answer.instead}" if self.answer.instead else text


def gaps(relied_on: Iterable[tuple[str, str]], support: Mapping[str, Answer]) -> tuple[Gap, ...]:
    """Return the gaps among pairs of resource and feature, in order, each once."""
    found = (Gap(resource, feature, support[feature]) for resource, feature in relied_on)
    return tuple(dict.fromkeys(gap for gap in found if not gap.answer.works))


def refuse_gaps(found: Iterable[Gap], adapter: str) -> None:
    """Raise one `UnsupportedError` that names every gap, its reason and the nearest alternative; none, no error."""
    listed = tuple(found)
    if not listed:
        return
    lines = "\n".join(f"  {gap}" for gap in listed)
    count = "something" if len(listed) == 1 else f"{len(listed)} things"
    raise UnsupportedError(
        f"the project relies on {count} that adapter {adapter!r} does not support\n{lines}",
        remedy="change what is named, for this environment by an override, or choose another adapter",
    )


Move = Literal["lost", "gained", "weaker", "stronger"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of a feature on the way from one adapter to another: `weaker` is native that is emulated there."""

    feature: str
    move: Move
    before: Answer
    after: Answer


def moved(before: Mapping[str, Answer], after: Mapping[str, Answer]) -> tuple[Difference, ...]:
    """Return how two tables differ in what a project may rely on, by feature."""
    found = ((name, _move(before[name], after[name])) for name in sorted(before.keys() & after.keys()))
    return tuple(Difference(name, move, before[name], after[name]) for name, move in found if move)


def _move(before: Answer, after: Answer) -> Move | None:
    if before.works != after.works:
        return "lost" if before.works else "gained"
    if not before.works or before.level == after.level:
        return None
    return "weaker" if before.level == "native" else "stronger"
