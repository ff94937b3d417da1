"""Live the flights story in a folder, in the process that was started for it: `python lives.py <folder> <plan.json>`.

The plan names fields of the example's `Plan`. At the end everything that serves is stopped; what was written stays.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from modelwright.cli.showcase import Showcase, stop_serving


def live(folder: Path, plan: dict[str, Any]) -> None:
    """Copy the example into a folder and live it as planned there."""
    Showcase(folder).prepare()
    sys.path.insert(0, str(folder))
    import story  # type: ignore[import-not-found]  # the example's module, which is there now

    lived = story.Story(folder, story.Plan(**plan), lambda text: print(text, flush=True))  # noqa: T201  its log
    try:
        lived.live()
    finally:
        stop_serving(lived.client)


def _plan(text: str) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(text)
    if "last_day" in plan:
        plan["last_day"] = datetime.fromisoformat(plan["last_day"])
    if "data" in plan:
        plan["data"] = Path(plan["data"])
    return plan


if __name__ == "__main__":
    live(Path(sys.argv[1]), _plan(sys.argv[2]))
