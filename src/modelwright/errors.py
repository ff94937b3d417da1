"""Every error that modelwright raises, with its documented code and its exit status.

```
ModelwrightError                    MW1000  exit 1
├─ UsageError                       MW1001  exit 2     a call or command line that makes no sense
├─ InvalidProjectError              MW1002  exit 2     all problems of a project at once
├─ UnsupportedError                 MW1003  exit 2     the adapter cannot do what a spec relies on
├─ UnknownAdapterError              MW1004  exit 2
├─ FormatVersionError               MW1005  exit 2     a document written by a newer modelwright
├─ WrongResourceError               MW1006  exit 1     a bug of an adapter: its provider would refuse what it made
├─ CredentialsError                 MW1101  exit 3
├─ WrongScopeError                  MW1102  exit 3     credentials or record belong to another scope
├─ ProviderError                    MW1201  exit 4     the platform refused or failed
│  └─ TransientError                MW1202  exit 4     the same call may succeed later
├─ GateError                        MW1301  exit 5     a gate or policy said no
├─ UnknownEnvironmentError          MW1401  exit 6
├─ ChangesFoundError                MW1501  exit 7
├─ CancelledError                   MW1601  exit 8
├─ DeadlineError                    MW1701  exit 9
├─ RaceLostError                    MW1801  exit 10    somebody else decided first
├─ LockedError                      MW1802  exit 10
├─ DriftFoundError                  MW1901  exit 11
├─ ApprovalRequiredError            MW2001  exit 12
├─ IntegrityError                   MW2101  exit 13    bytes are not what their digest says
├─ NotAppliedError                  MW2201  exit 1     there is no platform record yet
├─ NotReleasedError                 MW2202  exit 1     no version serves behind the endpoint
├─ NotFoundError                    MW2203  exit 1     a name that does not exist
├─ TrainingFailedError              MW2204  exit 1
├─ ModelFormatError                 MW2205  exit 1     a model that cannot be saved or loaded safely
├─ TransitionError                  MW2206  exit 1     a step that the lifecycle does not allow
├─ BadRequestError                  MW2207  exit 1     a prediction request that cannot be answered (HTTP 400)
│  └─ GuardrailError                MW2210  exit 1     rows that a guardrail refused (HTTP 422)
├─ DataError                        MW2208  exit 1     rows, columns or timestamps that cannot be used
├─ DataLossError                    MW2209  exit 2     a change would destroy data and was not allowed to
└─ UnsafeStoreError                 MW2301  exit 14    a store does not keep its word, so nothing may be decided there
```

An error says what was wrong, where, and what to do. Anything else that escapes is our bug: exit status 255.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from modelwright.nearest import did_you_mean as did_you_mean  # noqa: PLC0414  # its users import it from here
from modelwright.problem import Problem as Problem  # noqa: PLC0414  # likewise


class ModelwrightError(Exception):
    """Base of all errors: a message, where it happened, and the remedy."""

    code: ClassVar[str] = "MW1000"
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.remedy}" if self.remedy else text

    def to_dict(self) -> dict[str, object]:
        """Return the error as the `diagnostics` entry of a JSON document."""
        return {"code": self.code, "message": self.message, "where": self.where, "remedy": self.remedy}


class UsageError(ModelwrightError, ValueError):
    """A call or command line that makes no sense."""

    code = "MW1001"
    exit_status = 2


class InvalidProjectError(ModelwrightError, ValueError):
    """A project that cannot be used; carries all problems found."""

    code = "MW1002"
    exit_status = 2

    def __init__(self, problems: Iterable[Problem], *, where: str = "") -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{self._count()}\n{lines}", where=where)

    def to_dict(self) -> dict[str, object]:
        """Return the error with one entry per problem."""
        problems = [
            {"path": p.path, "message": p.message, "hint": p.hint, "file": p.file, "line": p.line}
            for p in self.problems
        ]
        return {**super().to_dict(), "message": self._count(), "problems": problems}

    def _count(self) -> str:
        count = len(self.problems)
        return f"{count} problem{'s' if count != 1 else ''} in the project"


class UnsupportedError(ModelwrightError):
    """The environment's adapter cannot do what the project relies on; every gap is listed."""

    code = "MW1003"
    exit_status = 2


class UnknownAdapterError(ModelwrightError, LookupError):
    """No installed adapter has this name."""

    code = "MW1004"
    exit_status = 2


class FormatVersionError(ModelwrightError):
    """A document was written by a newer modelwright than this one."""

    code = "MW1005"
    exit_status = 2


class WrongResourceError(ModelwrightError):
    """An adapter made resources that their provider's SDK says are wrong; carries all findings."""

    code = "MW1006"

    def __init__(self, adapter: str, findings: Iterable[str], *, where: str = "") -> None:
        self.findings = tuple(findings)
        lines = "".join(f"\n  {finding}" for finding in self.findings)
        super().__init__(
            f"adapter {adapter!r} makes what the provider would refuse:{lines}",
            where=where,
            remedy="this is a bug of the adapter and not of the project: report it to whoever wrote the adapter",
        )


class CredentialsError(ModelwrightError):
    """Credentials are missing, expired or refused."""

    code = "MW1101"
    exit_status = 3


class WrongScopeError(ModelwrightError):
    """Credentials or a record belong to another account, project, subscription, context or folder."""

    code = "MW1102"
    exit_status = 3


class ProviderError(ModelwrightError):
    """The platform refused a call or failed at it."""

    code = "MW1201"
    exit_status = 4


class TransientError(ProviderError):
    """The platform failed in a way that may pass: the same call may succeed later."""

    code = "MW1202"


class GateError(ModelwrightError):
    """A gate or policy said no; the message carries its evidence."""

    code = "MW1301"
    exit_status = 5


class UnknownEnvironmentError(ModelwrightError, LookupError):
    """The project declares no environment of this name."""

    code = "MW1401"
    exit_status = 6


class ChangesFoundError(ModelwrightError):
    """`--expect-no-changes` found changes."""

    code = "MW1501"
    exit_status = 7


class CancelledError(ModelwrightError):
    """Somebody cancelled the operation."""

    code = "MW1601"
    exit_status = 8


class DeadlineError(ModelwrightError, TimeoutError):
    """Something did not happen in the time it was given."""

    code = "MW1701"
    exit_status = 9


class RaceLostError(ModelwrightError):
    """Somebody else decided first: the message says who and when."""

    code = "MW1801"
    exit_status = 10


class LockedError(ModelwrightError):
    """Another process holds the lock: the message says which."""

    code = "MW1802"
    exit_status = 10


class DriftFoundError(ModelwrightError):
    """What exists is not what was declared."""

    code = "MW1901"
    exit_status = 11


class ApprovalRequiredError(ModelwrightError):
    """A gate waits for a person's approval."""

    code = "MW2001"
    exit_status = 12


class IntegrityError(ModelwrightError):
    """Bytes are not what their digest says, or a chain is broken."""

    code = "MW2101"
    exit_status = 13


class NotAppliedError(ModelwrightError, LookupError):
    """The environment was never applied, so there is no platform record."""

    code = "MW2201"


class NotReleasedError(ModelwrightError):
    """The endpoint has no live release."""

    code = "MW2202"


class NotFoundError(ModelwrightError, LookupError):
    """A resource, run, version or object of this name does not exist."""

    code = "MW2203"


class TrainingFailedError(ModelwrightError):
    """A training run ended without a model."""

    code = "MW2204"


class ModelFormatError(ModelwrightError, TypeError):
    """A model cannot be saved or loaded without executing code from its files."""

    code = "MW2205"


class TransitionError(ModelwrightError):
    """The lifecycle does not allow this step from this state."""

    code = "MW2206"


class BadRequestError(ModelwrightError, ValueError):
    """A prediction request that cannot be answered."""

    code = "MW2207"


class GuardrailError(BadRequestError):
    """Rows that a guardrail of the endpoint refused."""

    code = "MW2210"


class DataError(ModelwrightError, ValueError):
    """Rows, columns or timestamps that cannot be used."""

    code = "MW2208"


class DataLossError(ModelwrightError):
    """A change would destroy data and was not explicitly allowed."""

    code = "MW2209"
    exit_status = 2


class UnsafeStoreError(ModelwrightError):
    """A store does not keep what every decision relies on, such as one winner among those who create a name."""

    code = "MW2301"
    exit_status = 14
