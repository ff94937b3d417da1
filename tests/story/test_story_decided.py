"""What the product decided by itself follows from what it had measured, and only from that."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from tests.story.asked import answers, resampled_gains
from tests.story.conftest import Lived
from tests.story.kept import at, versions_of, window_of
from tests.story.oracle import LABELS_WITHIN, WEEK, Carriers, auc_of, first_reached, rows_of
from tests.story.raw import DAY, Flight, instant, seconds

pytestmark = pytest.mark.timeout(600)

CHALLENGER, CHAMPION = 2, 1


def test_retraining_is_decided_at_the_closing_at_which_three_of_five_weeks_were_too_bad(told: Lived) -> None:
    [decided] = told.kept.events("training/train-delay", "retrain.decided")
    reached = first_reached(_weeks(told), _minimum(told))
    assert reached is not None
    assert reached <= at(decided) < reached + DAY
    assert instant(2013, 4, 15) <= at(decided) < instant(2013, 4, 22), "the third week of April"


def test_nothing_else_was_retrained_or_declined(told: Lived) -> None:
    runs = told.kept.events("training/train-delay", "run.queued")
    assert [event["body"]["origin"] for event in runs] == ["person", "retrain"]
    assert not told.kept.events("training/train-delay", "retrain.declined")


def test_no_deciding_week_lies_so_near_the_threshold_that_chance_could_turn_it(told: Lived) -> None:
    minimum = _minimum(told)
    assert all(abs(auc - minimum) > 0.002 for _, auc, _ in _weeks(told))


def test_the_decision_names_its_evidence(told: Lived) -> None:
    [decided] = told.kept.events("training/train-delay", "retrain.decided")
    body = decided["body"]
    named = [(seconds(check["window"]), check["status"], check["value"]) for check in body["checks"]["auc"]]
    first = {window_of(result)[0]: result for result in told.kept.results("auc", first=True) if result["version"] == 1}
    assert named == [(start, first[start]["status"], first[start]["value"]) for start, _, _ in named]
    assert sum(status == "violated" for _, status, _ in named) == 3
    assert all(body[part]["ok"] for part in ("cooldown", "budget", "data"))


def test_the_new_version_beat_the_champion_on_held_out_days_that_neither_had_seen(told: Lived) -> None:
    [queued] = [e for e in told.kept.events("model/delay", "evaluation.queued") if e["body"]["version"] == CHALLENGER]
    found = told.kept.evaluation(queued["body"]["evaluation"])
    days = set(found["blocks"])
    assert found["versions"] == [CHALLENGER, CHAMPION]
    assert len(days) >= 8
    assert all(_day_of_year(day) % 5 == 0 for day in days)
    assert not days & told.kept.learned_days(CHALLENGER)
    assert not days & told.kept.learned_days(CHAMPION)
    assert found["rows"] == len(_held_out(told, days))


def test_the_new_version_beats_the_champion_when_both_are_asked_again(told: Lived) -> None:
    [queued] = [e for e in told.kept.events("model/delay", "evaluation.queued") if e["body"]["version"] == CHALLENGER]
    found = told.kept.evaluation(queued["body"]["evaluation"])
    flights, carriers = _held_out(told, set(found["blocks"])), Carriers(told.flights)
    rows = [{**flight.inputs(), **carriers.known(flight.carrier, flight.scheduled)} for flight in flights]
    late = np.array([flight.late for flight in flights])
    days = np.array([flight.day.toordinal() for flight in flights])
    told_again = {version: answers(told.kept.models[version], rows) for version in (CHALLENGER, CHAMPION)}
    for version, scores in told_again.items():
        assert found["metrics"][str(version)]["auc"]["value"] == pytest.approx(roc_auc_score(late, scores), abs=1e-9)
    gains = resampled_gains(late, told_again[CHALLENGER], told_again[CHAMPION], days)
    assert np.mean(gains > 0.005) >= 0.95
    [comparison] = found["comparisons"]
    assert (comparison["by"], comparison["confidence"], comparison["passed"]) == (0.005, 0.95, True)
    assert comparison["interval"] == pytest.approx(np.quantile(gains, [0.025, 0.975]), abs=0.01)


def test_the_new_version_passed_every_gate_before_it_was_champion(told: Lived) -> None:
    events = told.kept.events("model/delay")
    gates = [e for e in events if e["kind"] == "gate.evaluated" and e["body"]["version"] == CHALLENGER]
    assert [event["body"]["kind"] for event in gates] == ["threshold", "beats", "soak"]
    assert all(event["body"]["passed"] for event in gates)
    crowned = next(
        e for e in events if e["kind"] == "alias.set" and e["body"]["name"] == "champion" and e["body"]["version"] == 2
    )
    assert max(event["seq"] for event in gates) < crowned["seq"]
    soaked = next(event for event in gates if event["body"]["kind"] == "soak")
    challenger = next(
        moment
        for moment, version in versions_of(told.kept.events("model/delay", "alias.set"), "challenger")
        if version == CHALLENGER
    )
    assert at(soaked) - challenger >= DAY


def _weeks(told: Lived) -> list[tuple[int, float, int]]:
    """Return start, AUC and rows of the first version's weeks up to the decision, from what was sent."""
    [decided] = told.kept.events("training/train-delay", "retrain.decided")
    weeks = []
    for start in sorted(start for version, start in told.weeks if version == CHAMPION):
        close = start + WEEK + LABELS_WITHIN
        if close <= at(decided):
            rows = rows_of(told.weeks, CHAMPION, start, close)
            auc, _ = auc_of(told.flights, rows, close)
            assert auc is not None
            weeks.append((start, auc, len(rows)))
    return weeks


def _held_out(told: Lived, days: set[str]) -> list[Flight]:
    return [f for f in told.flights.values() if f"{f.day:%Y-%m-%d}" in days and f.late is not None]


def _minimum(told: Lived) -> float:
    [minimum] = {result["check"]["minimum"] for result in told.kept.results("auc")}
    return float(minimum)


def _day_of_year(day: str) -> int:
    return (seconds(f"{day}T00:00:00Z") - instant(2013, 1, 1)) // DAY + 1
