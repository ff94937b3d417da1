"""Thresholds come from the windows of the reference itself."""

from __future__ import annotations

import numpy as np
import pytest

from modelwright.errors import DataError, UsageError
from modelwright.stats.profile import Profile, profile_columns
from modelwright.stats.thresholds import auto_threshold, false_alarm_share, replay

DAY = 86400.0
START = np.datetime64("2013-01-01T00:00", "s")


def season(days: int, per_day: int = 50, seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return rows whose `weather` wanders from day to day while `noise` does not, and their times."""
    generator = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), per_day)
    weather = np.cumsum(generator.normal(size=days))[day] + 0.1 * generator.normal(size=len(day))
    times = START + (np.arange(len(day)) * (DAY / per_day)).astype("timedelta64[s]")
    return {"weather": weather, "noise": generator.normal(size=len(day))}, times


def psi_by_hand(reference: np.ndarray, window: np.ndarray) -> float:
    edges = np.unique(np.quantile(reference, np.arange(1, 10) / 10))
    p, q = (np.bincount(np.searchsorted(edges, part), minlength=10) / len(part) for part in (reference, window))
    p, q = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
    return float(((p - q) * np.log(p / q)).sum())


def test_the_threshold_is_the_quantile_of_the_replayed_weeks() -> None:
    columns, times = season(70)
    drift = replay(profile_columns(columns), columns, times, 7 * DAY, methods=("psi",))
    by_hand = [psi_by_hand(columns["weather"], week) for week in np.split(columns["weather"], 10)]
    assert drift.values("weather", "psi") == pytest.approx(by_hand, abs=1e-9)
    threshold = drift.threshold("weather", "psi")
    assert threshold.value == pytest.approx(np.quantile(by_hand, 0.95))
    assert (threshold.basis, threshold.windows) == ("windows", 10)


def test_wandering_columns_alarm_on_their_own_reference_and_get_a_higher_threshold() -> None:
    columns, times = season(70)
    drift = replay(profile_columns(columns), columns, times, 7 * DAY)
    assert (drift.false_alarm_share("weather", "psi", 0.2) or 0) > 0.8
    assert drift.false_alarm_share("noise", "psi", 0.2) == 0
    weather, noise = drift.threshold("weather", "psi").value, drift.threshold("noise", "psi").value
    assert weather is not None
    assert noise is not None
    assert weather > 10 * noise
    assert (drift.false_alarm_share("weather", "psi", weather) or 0) <= 0.1
    assert drift.threshold("noise", "psi", least=0.1).value == 0.1


def test_a_last_window_that_the_reference_does_not_fill_is_left_out() -> None:
    columns, times = season(40)
    assert replay(profile_columns(columns), columns, times, 7 * DAY).windows == 5


def test_too_few_windows_are_replaced_by_resampled_blocks() -> None:
    columns, times = season(14)
    drift = replay(profile_columns(columns), columns, times, 7 * DAY)
    assert (drift.basis, drift.windows) == ("blocks", 100)
    again = replay(profile_columns(columns), columns, times, 7 * DAY)
    assert drift == again
    assert drift.threshold("weather", "psi").basis == "blocks"


def test_a_reference_too_short_for_anything_falls_back_to_the_rule_of_thumb() -> None:
    columns, times = season(1)
    drift = replay(profile_columns(columns), columns, times, 7 * DAY)
    threshold = drift.threshold("weather", "psi")
    assert (threshold.value, threshold.basis) == (0.2, "default")
    assert drift.false_alarm_share("weather", "psi", 0.2) is None
    assert drift.threshold("weather", "chi_square").value is None


def test_what_is_stored_with_the_profile_gives_the_same_threshold() -> None:
    columns, times = season(70)
    profile = profile_columns(columns)
    drift = replay(profile, columns, times, 7 * DAY)
    stored = Profile.from_bytes(profile.with_replay(drift).to_bytes()).replay(7 * DAY)
    assert stored == drift
    assert profile.replay(DAY) is None


def test_given_windows_give_thresholds_too() -> None:
    columns, times = season(70)
    profile = profile_columns(columns)
    windows = [{name: values[part * 350 : part * 350 + 350] for name, values in columns.items()} for part in range(10)]
    stored = replay(profile, columns, times, 7 * DAY)
    assert auto_threshold(windows, profile, "psi")["weather"] == stored.threshold("weather", "psi")


@pytest.mark.parametrize("form", ["numbers", "text", "objects"])
def test_times_may_be_numbers_text_or_objects(form: str) -> None:
    columns, times = season(42)
    given = {
        "numbers": times.astype(np.int64),
        "text": [f"{time}Z" for time in times.tolist()] if form == "text" else [],
        "objects": times.tolist(),
    }[form]
    expected = replay(profile_columns(columns), columns, times, 7 * DAY)
    assert replay(profile_columns(columns), columns, given, 7 * DAY) == expected


def test_columns_without_values_and_rows_without_time_do_no_harm() -> None:
    columns, times = season(70)
    columns["empty"] = np.full(len(times), np.nan)
    times[::7] = np.datetime64("NaT")
    drift = replay(profile_columns(columns), columns, times, 7 * DAY)
    assert drift.windows == 10
    assert drift.threshold("empty", "ks").basis == "default"
    assert drift.threshold("empty", "psi").value == 0


def test_wrong_calls_say_what_is_wrong() -> None:
    columns, times = season(10)
    profile = profile_columns(columns)
    with pytest.raises(UsageError, match="no drift method"):
        replay(profile, columns, times, DAY, methods=("pis",))
    with pytest.raises(UsageError, match="makes no sense"):
        replay(profile, columns, times, 0)
    with pytest.raises(DataError, match="3 times for 500 rows"):
        replay(profile, columns, times[:3], DAY)


def test_the_share_of_false_alarms_is_counted() -> None:
    assert false_alarm_share([0.1, 0.2, 0.3, 0.4], 0.2) == 0.5
    assert false_alarm_share([], 0.2) is None
