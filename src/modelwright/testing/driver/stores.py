"""What the control store and the online side of a feature store must do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from modelwright.contract.driver import OnlineRow
from modelwright.testing.check import require
from modelwright.testing.driver.applied import Applied
from modelwright.testing.driver.check import DriverCheck
from modelwright.testing.driver.project import STORE, VIEW


def checks() -> Iterator[DriverCheck]:
    """Yield them."""
    yield DriverCheck("store[the second create fails]", "", _creates_once)
    yield DriverCheck("store[lists and removes]", "", _lists)
    yield DriverCheck("online[the newer row wins]", f"{STORE}.{VIEW}/materialise", _online)


def _creates_once(platform: Applied) -> None:
    store, who = platform.driver.store, platform.adapter.name
    store.delete("kit/once.json")
    first, second = store.create("kit/once.json", b"1"), store.create("kit/once.json", b"2")
    require((first, second) == (True, False), f"adapter {who!r}: two creates of one key answer {first} and {second}")
    found = store.get("kit/once.json")
    require(found == b"1", f"adapter {who!r}: the second create changed the object to {found!r}")


def _lists(platform: Applied) -> None:
    store, who = platform.driver.store, platform.adapter.name
    for key in ("kit/list/b", "kit/list/a/1", "kit/lists"):
        store.put(key, b"x")
    found = store.keys("kit/list/")
    require(found == ["kit/list/a/1", "kit/list/b"], f"adapter {who!r}: keys below kit/list/ are {found}")
    store.delete("kit/list/b")
    store.delete("kit/list/b")
    require(store.get("kit/list/b") is None, f"adapter {who!r}: a removed object is still there")


def _online(platform: Applied) -> None:
    online, who = platform.driver.online(STORE), platform.adapter.name
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)

    def row(carrier: str, when: datetime, delay: float) -> OnlineRow:
        return OnlineRow({"carrier": carrier}, when, {"delay": delay})

    online.delete(VIEW, [{"carrier": "AA"}, {"carrier": "UA"}])
    count = online.count(VIEW)
    written = online.write(VIEW, [row("AA", late, 2.0), row("UA", early, 3.0)])
    require(written == 2, f"adapter {who!r}: two new rows were written as {written}")  # noqa: PLR2004  # both
    require(online.write(VIEW, [row("AA", early, 1.0)]) == 0, f"adapter {who!r}: an older row replaced a newer one")
    found = online.get(VIEW, [{"carrier": "UA"}, {"carrier": "none"}, {"carrier": "AA"}])
    values = [one.features["delay"] if one else None for one in found]
    require(values == [3.0, None, 2.0], f"adapter {who!r}: rows of three keys are {values}, not [3.0, None, 2.0]")
    require(online.count(VIEW) == count + 2, f"adapter {who!r}: a view of two more keys counts {online.count(VIEW)}")
    require(
        online.freshness(VIEW) == late, f"adapter {who!r}: the newest event is {online.freshness(VIEW)}, not {late}"
    )
    removed = online.delete(VIEW, [{"carrier": "AA"}, {"carrier": "none"}])
    require(removed == 1, f"adapter {who!r}: removing a key that is there and one that is not removed {removed}")
