"""The adapter value, names, the record's scope."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.adapters.local.adapter import ADAPTER
from modelwright.contract.adapter import KINDS
from modelwright.contract.names import physical_name
from modelwright.contract.place import Location, Place
from modelwright.contract.record import check_scope
from modelwright.errors import InvalidProjectError, ModelwrightError, UsageError, WrongScopeError

PART = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)


def test_an_adapter_lowers_every_kind() -> None:
    assert tuple(sorted(ADAPTER.kinds)) == tuple(sorted(KINDS))
    with pytest.raises(UsageError, match="lowers no monitor"):
        replace(ADAPTER, kinds={kind: lower for kind, lower in ADAPTER.kinds.items() if kind != "monitor"})
    with pytest.raises(UsageError, match="'endpiont', which is no kind"):
        replace(ADAPTER, kinds={**ADAPTER.kinds, "endpiont": ADAPTER.kinds["endpoint"]})


def test_wrong_settings_are_all_named_with_their_path_and_the_nearest() -> None:
    with pytest.raises(InvalidProjectError) as caught:
        ADAPTER.read_settings({"acelerators": "ignore", "python": 3}, "dev")
    text = str(caught.value)
    assert "environments.dev.settings.acelerators: is not a setting (did you mean 'accelerators'?)" in text
    assert "environments.dev.settings.python" in text


def test_an_adapter_without_a_platform_has_none_and_a_driver_that_is_missing_says_so(tmp_path: Path) -> None:
    engine = replace(ADAPTER, platform=None, driver="modelwright_sdk_that_is_missing:open_driver")
    place = Place("flights", "dev", tmp_path)
    assert engine.open_platform(place) is None
    with pytest.raises(ModelwrightError, match="modelwright_sdk_that_is_missing"):
        engine.open_driver({}, place)


@given(PART, PART, PART, PART, st.integers(12, 40))
def test_physical_names_fit_and_are_lower_case(
    project: str, environment: str, resource: str, part: str, limit: int
) -> None:
    name = physical_name((project, environment, resource, part), limit=limit)
    assert len(name) <= limit
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert name == physical_name((project, environment, resource, part), limit=limit)
    assert not name.startswith("-")


def test_physical_names_of_cut_and_joined_parts_never_meet() -> None:
    long = "a-very-long-resource"
    identities = [
        ("flights", "dev", "a-b", "c"),
        ("flights", "dev", "a", "b-c"),
        ("flights-dev", "a", "b", "c"),
        *(("flights", "dev", long, f"part-{number}") for number in range(1000)),
    ]
    assert len({physical_name(identity) for identity in identities}) == len(identities)


def test_a_record_of_another_scope_is_refused_and_says_both() -> None:
    record = {"environment": "dev", "scope": {"folder": "/old", "environment": "dev"}}
    check_scope(record, Location("file:///x", {"folder": "/old", "environment": "dev"}))
    with pytest.raises(WrongScopeError, match="folder '/old' instead of '/new'") as caught:
        check_scope(record, Location("file:///x", {"folder": "/new", "environment": "dev"}))
    assert "modelwright up" in str(caught.value)
    assert caught.value.exit_status == 3
