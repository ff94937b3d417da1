"""The support table held against what is emitted: both lies are found, native without evidence, refused but there."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.contract.support import Answer
from modelwright.errors import did_you_mean
from modelwright.spec.feature import FEATURES
from modelwright.testing.check import Check, ConformanceError, listed, require
from modelwright.testing.corpus import corpus
from modelwright.testing.subject import Seen, Subject
from modelwright.testing.traces import Trace

_LEVELS = ("native", "emulated", "todo", "upstream", "never")


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check that the table is total, and one for each feature."""
    yield Check("support[total]", lambda: _total(subject))
    for feature in FEATURES:
        yield Check(f"feature[{feature}]", lambda feature=feature: _feature(subject, feature))  # type: ignore[misc]  # binds the loop's value


def _total(subject: Subject) -> None:
    support = subject.adapter.support
    missing = sorted(FEATURES.keys() - support.keys())
    require(not missing, f"adapter {subject.name!r} has no answer for {listed(missing, most=20)}")
    unknown = sorted(support.keys() - FEATURES.keys())
    hints = [f"{name!r} ({did_you_mean(name, FEATURES)})" for name in unknown]
    require(not unknown, f"adapter {subject.name!r} answers for what is no feature: {listed(hints)}")


def _feature(subject: Subject, feature: str) -> None:
    answer = subject.answers[feature]
    said = f"adapter {subject.name!r}, feature {feature}"
    require(answer.level in _LEVELS, f"{said}: {answer.level!r} is no answer; one of: {', '.join(_LEVELS)}")
    _reasons(said, answer)
    if answer.level == "native":
        _native(subject, feature, answer, said)
    elif not answer.works:
        _refused(subject, feature, answer, said)


def _reasons(said: str, answer: Answer) -> None:
    require(answer.level == "native" or bool(answer.how), f"{said}: {answer.level!r} says neither how nor why")
    require(answer.level != "never" or bool(answer.instead), f"{said}: 'never' names nothing to use instead")
    require(
        answer.level != "native" or bool(answer.evidence),
        f"{said}: 'native' names no evidence; write native('<token or operation>'), or emulated('<how>') where "
        "nothing on the platform shows it",
    )


def _native(subject: Subject, feature: str, answer: Answer, said: str) -> None:
    seen = _shown(subject, feature, said)
    promised = [item for item in answer.evidence if "$" not in item]
    missing = [item for item in promised if not any(trace.shown_by(item) for trace in seen.emitted)]
    found = f"{seen.edit} left {listed(seen.emitted)}"
    require(
        not missing, f"{said}: says native({listed(answer.evidence)}), but nothing shows {listed(missing)}: {found}"
    )
    _slots(subject, seen, answer, said)
    known = [item for name in seen.flipped for item in subject.answers[name].evidence]
    odd = [trace for trace in seen.emitted if not any(trace.shown_by(item) for item in known)]
    if any(subject.answers[name].level == "emulated" for name in seen.flipped - {feature}):
        odd = []  # what an emulation leaves is not named anywhere
    require(not odd, f"{said}: {seen.edit} also leaves {listed(odd)}, which its evidence does not name")


def _shown(subject: Subject, feature: str, said: str) -> Seen:
    """Return an edit that shows a feature and that the adapter supports, one that adds the whole part if there is."""
    ways = [seen for seen in map(subject.survey, corpus()) if seen.shows(feature)]
    for seen in sorted(ways, key=lambda seen: seen.edit.before is not None):
        if seen.supported:
            return subject.look(seen.edit)
    needs = sorted({name for seen in ways for name in (*seen.before.refused, *seen.after.refused)} - {feature})
    raise ConformanceError(f"{said}: says it works, but everything that could use it is refused: {listed(needs)}")


def _slots(subject: Subject, seen: Seen, answer: Answer, said: str) -> None:
    made = subject.compile(seen.after.project)
    for operation, _, slot in (item.partition("$") for item in answer.evidence if "$" in item):
        holders = [request for request in made.requests if request.operation == operation]
        found = listed(sorted({name for request in holders for name in request.slots}))
        require(
            any(slot in request.slots for request in holders),
            f"{said}: says native('{operation}${slot}'), but after {seen.edit} no request of {operation} has the slot "
            f"{slot!r}; slots there: {found}",
        )


def _refused(subject: Subject, feature: str, answer: Answer, said: str) -> None:
    """Find what is emitted for a refused feature where nothing but it is refused."""
    ways = [seen for seen in map(subject.survey, corpus()) if seen.shows(feature) and not seen.before.refused]
    for seen in sorted(ways, key=lambda seen: seen.edit.before is None)[:1]:
        found = [trace for trace in subject.trespass(seen) if _counts(trace, answer)]
        require(
            not found,
            f"{said}: says {answer.level}({answer.how!r}), but it is there: {seen.edit} leaves {listed(found)}; answer "
            "native(…) or emulated(…), or emit nothing for it",
        )


def _counts(trace: Trace, answer: Answer) -> bool:
    """What workloads do everywhere is no trace of something that an adapter may still come to."""
    return not trace.secret and (not trace.shared or answer.level == "never")
