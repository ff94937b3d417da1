"""What `Serving` and `Measures` must do: serve what is weighted, change at once, retire, and count what was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from modelwright.contract.driver import ServingStatus
from modelwright.errors import ModelwrightError
from modelwright.testing.check import require
from modelwright.testing.driver.applied import Applied
from modelwright.testing.driver.check import DriverCheck
from modelwright.testing.driver.project import ENDPOINT

_OK = 200
_NEAR = 1e-6
_FIRST, _SECOND, _BROKEN = "v1-r1", "v2-r2", "v3-r3"


def checks() -> Iterator[DriverCheck]:
    """Yield them."""
    needs = f"{ENDPOINT}/serve"
    yield DriverCheck("serving[a variant is served]", needs, _served)
    yield DriverCheck("serving[traffic changes at once]", needs, _traffic)
    yield DriverCheck("serving[a broken model fails]", needs, _broken)
    yield DriverCheck("serving[what is captured can be read]", needs, _captured)
    yield DriverCheck("serving[retired]", needs, _retired)
    yield DriverCheck("measures[count what was asked]", needs, _measured)
    yield DriverCheck("serving[stopped]", needs, _stopped)


def _status(platform: Applied) -> ServingStatus:
    return platform.driver.serving.status(ENDPOINT)


def _states(platform: Applied) -> dict[str, str]:
    return {one.name: one.state for one in _status(platform).deployments}


def _deploy(platform: Applied, variant: str) -> None:
    """Deploy a variant, twice, and wait until it is ready."""
    request = platform.variant(variant, platform.model())
    for _ in range(2):
        platform.driver.serving.deploy(ENDPOINT, variant, request)
    settled = platform.until(
        f"variant {variant} is never ready",
        lambda: _states(platform),
        lambda seen: seen.get(variant) in {"ready", "failed"},
    )
    require(settled[variant] == "ready", f"adapter {platform.adapter.name!r}: {variant} failed: {_status(platform)}")
    names = [one.name for one in _status(platform).deployments]
    require(names.count(variant) == 1, f"adapter {platform.adapter.name!r}: one variant deployed twice is {names}")


def _give(platform: Applied, weights: dict[str, int]) -> None:
    platform.driver.serving.set_traffic(ENDPOINT, weights, {})
    found = {name: weight for name, weight in _status(platform).weights.items() if weight}
    require(
        found == weights, f"adapter {platform.adapter.name!r}: after set_traffic({weights}) the weights are {found}"
    )


def _ask(platform: Applied, x: float) -> str:
    """Ask for a prediction, and return which variant answered, if the answer says so."""
    body = json.dumps({"rows": [{"x": x}]}).encode()
    status, headers, answer = platform.driver.serving.invoke(ENDPOINT, body, {})
    require(
        status == _OK, f"adapter {platform.adapter.name!r}: asked for {x}, the endpoint answers {status}: {answer!r}"
    )
    (row,) = json.loads(answer)["predictions"]
    require(abs(row["prediction"] - 2 * x) < _NEAR, f"adapter {platform.adapter.name!r}: twice {x} is {row}")
    require(all(name == name.lower() for name in headers), f"headers are not in lower case: {sorted(headers)}")
    return next((value for name, value in headers.items() if name.endswith("variant")), "")


def _served(platform: Applied) -> None:
    _deploy(platform, _FIRST)
    _give(platform, {_FIRST: 100})
    _ask(platform, 3.0)


def _traffic(platform: Applied) -> None:
    for variant in (_FIRST, _SECOND):
        _deploy(platform, variant)
    for weights in ({_FIRST: 100}, {_SECOND: 100}, {_FIRST: 100}):
        _give(platform, weights)
        answered = {_ask(platform, float(number)) for number in range(5)} - {""}
        require(answered <= weights.keys(), f"adapter {platform.adapter.name!r}: under {weights} {answered} answered")
    _give(platform, {_FIRST: 60, _SECOND: 40})


def _broken(platform: Applied) -> None:
    store, serving = platform.driver.store, platform.driver.serving
    store.put("models/kit-broken/manifest.json", b'{"schema": "modelwright.model/1", "files": []}')
    serving.deploy(ENDPOINT, _BROKEN, platform.variant(_BROKEN, f"{store.uri}/models/kit-broken"))
    platform.until(
        "a broken model never fails", lambda: _states(platform), lambda seen: seen.get(_BROKEN) in {"failed", "gone"}
    )
    reason = next((one.reason for one in _status(platform).deployments if one.name == _BROKEN), "")
    require(bool(reason), f"adapter {platform.adapter.name!r}: a variant failed without a reason")
    serving.retire(ENDPOINT, _BROKEN)


def _captured(platform: Applied) -> None:
    _served(platform)
    before = set(platform.driver.store.keys(f"capture/{ENDPOINT}/"))
    _ask(platform, 7.0)
    platform.driver.serving.flush(ENDPOINT)
    new = set(platform.driver.store.keys(f"capture/{ENDPOINT}/")) - before
    require(bool(new), f"adapter {platform.adapter.name!r}: after flush nothing more stands under capture/{ENDPOINT}/")


def _retired(platform: Applied) -> None:
    serving, who = platform.driver.serving, platform.adapter.name
    for variant in (_FIRST, _SECOND):
        _deploy(platform, variant)
    _give(platform, {_FIRST: 100})
    with suppress(ModelwrightError):  # what has traffic is not taken away; how that is said is the platform's
        serving.retire(ENDPOINT, _FIRST)
    require(_ask(platform, 1.0) in {_FIRST, ""}, f"adapter {who!r}: a variant with all traffic was retired")
    for _ in range(2):
        serving.retire(ENDPOINT, _SECOND)
    platform.until(
        "a retired variant stays", lambda: _states(platform), lambda seen: seen.get(_SECOND, "gone") == "gone"
    )
    _ask(platform, 2.0)


def _measured(platform: Applied) -> None:
    _served(platform)
    since, until = datetime.now(UTC) - timedelta(minutes=10), datetime.now(UTC) + timedelta(minutes=10)

    def requests() -> int:
        found = platform.driver.measures.read(ENDPOINT, since, until).get(_FIRST)
        return found.requests if found else 0

    before = requests()
    for number in range(5):
        _ask(platform, float(number))
    platform.until("requests are never counted", requests, lambda count: count >= before + 5)


def _stopped(platform: Applied) -> None:
    serving, who = platform.driver.serving, platform.adapter.name
    _served(platform)
    for _ in range(2):
        serving.stop(ENDPOINT)
    status = _status(platform)
    left = [one.name for one in status.deployments if one.state != "gone"]
    require(not left and not status.weights, f"adapter {who!r}: after stop there is still {status}")
    serving.flush(ENDPOINT)
    serving.retire(ENDPOINT, _FIRST)
