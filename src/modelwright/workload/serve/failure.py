"""What a request is told when it cannot be answered: a status, a sentence, and every problem found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelwright.errors import GuardrailError

_MOST_PROBLEMS = 100


class RequestFailure(Exception):  # noqa: N818 (it is an answer, not a fault of ours)
    """An HTTP status with a JSON body; `problems` are mappings with row, column and problem."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        problems: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        code: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.problems = problems
        self.headers = dict(headers or {})
        self.code = code or ("MW2207" if status < 500 else "MW1201")  # noqa: PLR2004 (HTTP: server errors)

    def body(self) -> dict[str, Any]:
        """Return the JSON body; of more than 100 problems the first 100 and their number."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.problems:
            error["problems"] = list(self.problems[:_MOST_PROBLEMS])
            error["problem_count"] = len(self.problems)
        return {"error": error}


def refused_rows(rules: Mapping[int, str]) -> RequestFailure:
    """Return the 422 that names the guardrail that refused each row, by the row's number."""
    first = next(iter(rules.values()))
    count = f"; {len(rules)} rows were refused" if len(rules) > 1 else ""
    problems = [
        {"row": row, "column": rule.partition(":")[2] or None, "problem": f"refused by the guardrail {rule}"}
        for row, rule in rules.items()
    ]
    return RequestFailure(422, f"refused by the guardrail {first}{count}", problems=problems, code=GuardrailError.code)


def bad_rows(problems: Sequence[Mapping[str, Any]]) -> RequestFailure:
    """Return the 400 that lists what is wrong with a request's rows."""
    first = problems[0]
    place = ", ".join(f"{part} {first[part]!r}" for part in ("row", "column") if first.get(part) is not None)
    count = f"{len(problems)} problems; the first: " if len(problems) > 1 else ""
    return RequestFailure(400, f"{count}{place}: {first['problem']}", problems=problems)
