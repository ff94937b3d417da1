"""What stands in the store is what was sent, whatever becomes of the server."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.serving.serving_kit import captured, serve_config, serving
from tests.waiting import eventually


def config(tricky: str, tmp_path: Path) -> dict[str, object]:
    return serve_config(tricky, keys=["n"], capture={"to": (tmp_path / "control").as_uri(), "fraction": 1.0})


def test_term_writes_everything_that_was_answered(tmp_path: Path, tricky: str) -> None:
    with serving(tmp_path, config(tricky, tmp_path)) as server:
        for n in range(40):
            assert server.ask("/predict", {"rows": [{"x": n, "n": f"n{n}"}]}).status == 200
        server.ask("/predict", {"rows": [{"x": 500, "n": "failed"}]})
        assert server.end() == 0
    rows = captured(tmp_path / "control")
    assert sorted(row["keys"]["n"] for row in rows) == sorted(f"n{n}" for n in range(40))
    assert {row["keys"]["n"]: row["output"]["prediction"] for row in rows} == {f"n{n}": 2.0 * n for n in range(40)}


def test_the_flush_door_writes_at_once(tmp_path: Path, tricky: str) -> None:
    with serving(tmp_path, config(tricky, tmp_path)) as server:
        server.ask("/predict", {"rows": [{"x": 1, "n": "a"}, {"x": 2, "n": "b"}]})
        assert server.ask("/-/flush", b"").json == {"rows": 2, "pending": 0}
        assert len(captured(tmp_path / "control")) == 2
        server.process.send_signal(signal.SIGKILL)


def test_a_thousand_rows_are_written_without_waiting(tmp_path: Path, tricky: str) -> None:
    with serving(tmp_path, config(tricky, tmp_path)) as server:
        server.ask("/predict", {"rows": [{"x": n, "n": n} for n in range(1_200) if n not in {404, 500, 666}]})
        rows = eventually(lambda: captured(tmp_path / "control"), within=4.0)
        assert len(rows) == 1_197
