"""Plant a reference and current rows: 50 numeric and 10 categorical columns, six of them shifted.

Arguments: folder, rows. Prints the names of the shifted columns.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

SHIFTED = ["n0", "n10", "n20", "n30", "c0", "c5"]


def _expressions(*, shifted: bool) -> str:
    # A sum of three uniform values is bell-shaped; the seed differs between the two tables.
    seed = 500 if shifted else 0
    found = []
    for n in range(50):
        moved = " + 0.5" if shifted and f"n{n}" in SHIFTED else ""
        parts = " + ".join(f"hash(i * 200 + {n * 3 + k + seed * 1000}) % 1000003 / 1000003.0" for k in range(3))
        found.append(f"({parts}){moved} AS n{n}")
    for n in range(10):
        kinds = 3 if shifted and f"c{n}" in SHIFTED else 8
        found.append(f"'k' || (hash(i * 200 + {150 + n + seed * 1000}) % {kinds}) AS c{n}")
    return ", ".join(found)


def main() -> None:
    """Write the two files."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"memory_limit": "2GB", "threads": "2", "temp_directory": str(folder / "spill")})
    for name, shifted in (("reference", False), ("current", True)):
        connection.execute(
            f"COPY (SELECT {_expressions(shifted=shifted)} FROM range({given['rows']}) t(i)) "  # noqa: S608 (ours)
            f"TO '{folder}/{name}.parquet' (FORMAT parquet)"
        )
    print(json.dumps({"shifted": SHIFTED}))


if __name__ == "__main__":
    main()
