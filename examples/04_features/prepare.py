"""Plants a small shop in a lake: orders, some of them refunded, and each customer's refunds day by day.

python prepare.py <folder of the lake>
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

CUSTOMERS, DAYS, WINDOW = 80, 120, 30
KNOWN_AFTER = 2
"""Days until a refund is known: the figures of a day exist two days later."""


def write_shop(lake: Path, until: date, seed: int = 0) -> None:
    """Write `orders/orders.parquet` and `features/customer/customer.parquet`, 120 days before `until`."""
    first = np.datetime64(until, "us") - np.timedelta64(DAYS, "D")
    orders = plant_orders(first, np.random.default_rng(seed))
    _write(lake / "orders/orders.parquet", orders, "placed")
    _write(lake / "features/customer/customer.parquet", customer_features(first, orders), "day, created_time")


def plant_orders(first: np.datetime64, generator: np.random.Generator) -> dict[str, Any]:
    """Return one order per customer and day at most; how often a customer sends things back is the customer's own."""
    habit = generator.beta(0.6, 2.0, CUSTOMERS)
    customer, day = (axis.ravel() for axis in np.meshgrid(np.arange(CUSTOMERS), np.arange(DAYS), indexing="ij"))
    ordered = generator.random(len(day)) < 0.5
    customer, day = customer[ordered], day[ordered]
    minutes = generator.integers(0, 24 * 60, len(day))
    return {
        "order_id": np.array([f"o{number:05d}" for number in range(len(day))], dtype=object),
        "customer": np.array([f"c{number:02d}" for number in customer], dtype=object),
        "placed": first + day.astype("timedelta64[D]") + minutes.astype("timedelta64[m]"),
        "amount": np.round(generator.lognormal(3.5, 0.6, len(day)), 2),
        "refunded": (generator.random(len(day)) < habit[customer]).astype(np.int64),
    }


def customer_features(first: np.datetime64, orders: dict[str, Any]) -> dict[str, Any]:
    """Return each customer's orders and refunds in the 30 days that end with `day`, known two days after it.

    The row of a day counts that day's own orders. Joined by `day` alone it would tell every order its own fate.
    """
    names = np.unique(orders["customer"])
    day = (orders["placed"] - first).astype("timedelta64[D]").astype(int)
    placed, refunded = np.zeros((len(names), DAYS)), np.zeros((len(names), DAYS))
    np.add.at(placed, (np.searchsorted(names, orders["customer"]), day), 1)
    np.add.at(refunded, (np.searchsorted(names, orders["customer"]), day), orders["refunded"])
    days = first + np.arange(DAYS).astype("timedelta64[D]")
    return {
        "customer": np.repeat(names, DAYS),
        "day": np.tile(days, len(names)),
        "created_time": np.tile(days + np.timedelta64(KNOWN_AFTER, "D"), len(names)),
        "orders_30d": _last(placed).ravel().astype(np.int64),
        "refunds_30d": _last(refunded).ravel().astype(np.int64),
    }


def _last(counts: np.ndarray) -> np.ndarray:
    """Return the sums of the last 30 days."""
    total = np.cumsum(counts, axis=1)
    before = np.pad(total, ((0, 0), (WINDOW, 0)))[:, : counts.shape[1]]
    return total - before


def _write(path: Path, frame: dict[str, Any], order: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # a query of two seconds would draw one on stdout
    connection.register("frame", frame)
    times = [name for name, values in frame.items() if values.dtype.kind == "M"]
    aware = ", ".join(f"CAST({name} AS TIMESTAMPTZ) AS {name}" for name in times)
    rows = f"SELECT * REPLACE ({aware}) FROM frame ORDER BY {order}"  # noqa: S608  the names are our own
    connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")


if __name__ == "__main__":
    write_shop(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]) if sys.argv[2:] else datetime.now(UTC).date())
