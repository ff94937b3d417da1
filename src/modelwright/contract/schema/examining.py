"""The resources of an assembly held against the SDKs that its adapter says describe them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from modelwright.assembly.resource import Resource
from modelwright.contract.schema.checking import check_object
from modelwright.contract.schema.sdk import Sdk, find_sdk
from modelwright.contract.schema.source import UnreadableError
from modelwright.contract.schema.wording import Wrong, near
from modelwright.errors import WrongResourceError


@dataclass(frozen=True, slots=True)
class Finding:
    """A resource of which its provider's SDK says that something is wrong."""

    resource: str
    token: str
    wrong: Wrong

    def __str__(self) -> str:
        return f"{self.resource} ({self.token}): {self.wrong}"


@dataclass(frozen=True, slots=True)
class Absent:
    """A provider SDK that is not installed, and how many resources were not checked for that."""

    module: str
    resources: int

    @property
    def distribution(self) -> str:
        """The name under which the SDK is installed."""
        return self.module.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found: how many resources were checked against an SDK, what is wrong, and which SDKs are absent."""

    checked: int
    findings: tuple[Finding, ...]
    absent: tuple[Absent, ...]

    @property
    def sure(self) -> tuple[Finding, ...]:
        """The findings that a provider refuses."""
        return tuple(finding for finding in self.findings if finding.wrong.sure)

    @property
    def doubtful(self) -> tuple[Finding, ...]:
        """What a provider may take: values that its SDK does not list, and what could not be understood."""
        return tuple(finding for finding in self.findings if not finding.wrong.sure)


def problems(resource: Resource, sdk: Sdk) -> tuple[Wrong, ...]:
    """Return everything in a resource that its provider's SDK says is wrong."""
    try:
        shape = sdk.resource(resource.token)
        if shape is not None:
            return tuple(check_object(resource.inputs, shape, "", sdk.object))
    except UnreadableError as error:
        return (Wrong("", "unread", "a class", f"{sdk.distribution}'s source of {error}", sure=False),)
    of = f"{sdk.distribution} {sdk.version}".rstrip()
    return (Wrong("", "token", of, resource.token, near(resource.token, sdk.tokens())),)


def examine(resources: Iterable[Resource], sdks: Mapping[str, str]) -> Examined:
    """Return what is wrong with resources, by the SDKs of an adapter (see `Adapter.sdks`).

    A token of another package is the adapter's own where it has two parts (`acme:Bucket`): the adapter's makers are
    its schema. One of three parts (`aws:s3/bucket:Bucket`) is a provider's, so its package has to be stated.
    """
    found: list[Finding] = []
    missing: Counter[str] = Counter()
    checked = 0
    used: set[Sdk] = set()
    for resource in resources:
        module = sdks.get(resource.token.partition(":")[0])
        sdk = find_sdk(module) if module else None
        if module and not sdk:
            missing[module] += 1
        wrongs = problems(resource, sdk) if sdk else () if module else _own(resource, sdks)
        found += [Finding(resource.name, resource.token, wrong) for wrong in wrongs]
        checked += bool(sdk)
        used |= {sdk} if sdk else set()
    for sdk in used:
        sdk.remember()
    return Examined(checked, tuple(found), tuple(Absent(*item) for item in sorted(missing.items())))


def _own(resource: Resource, sdks: Mapping[str, str]) -> Iterator[Wrong]:
    package, _, rest = resource.token.partition(":")
    if ":" in rest:
        stated = ", ".join(sorted(sdks)) or "none"
        yield Wrong("", "token", f"the SDKs that the adapter states ({stated})", resource.token, near(package, sdks))


def refuse_wrong(examined: Examined, adapter: str, where: str = "") -> None:
    """Raise `WrongResourceError` for everything that a provider would refuse: the adapter made it, not the project."""
    if examined.sure:
        raise WrongResourceError(adapter, [str(finding) for finding in examined.sure], where=where)
