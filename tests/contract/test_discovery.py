"""Adapters are found through entry points of real distributions, the built-in one by the same door."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelwright.contract.discovery import Installed, announced, find_adapter, installed
from modelwright.errors import ModelwrightError, UnknownAdapterError


def install(folder: Path, distribution: str, name: str, value: str, code: str = "") -> None:
    """Put a distribution with one entry point and one module into a folder, as an installer would."""
    info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[modelwright.adapters]\n{name} = {value}\n")
    if code:
        (folder / f"{value.partition(':')[0]}.py").write_text(code)


def test_the_built_in_adapter_comes_through_an_entry_point() -> None:
    assert installed()["local"] == "modelwright"
    assert find_adapter("local").name == "local"


def test_unknown_adapter_names_the_installed_ones_and_the_nearest() -> None:
    with pytest.raises(UnknownAdapterError, match=r"installed: .*local") as caught:
        find_adapter("locale")
    assert "did you mean 'local'?" in str(caught.value)
    assert caught.value.exit_status == 2


def test_an_adapter_of_another_distribution_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from dataclasses import replace\n"
        "from modelwright.adapters.local.adapter import ADAPTER as LOCAL\n"
        "ADAPTER = replace(LOCAL, name='acme')\n"
    )
    install(tmp_path, "acme-modelwright", "acme", "acme_adapter:ADAPTER", code)
    monkeypatch.syspath_prepend(tmp_path)
    assert installed()["acme"] == "acme-modelwright"
    assert find_adapter("acme").name == "acme"


def test_adapters_are_announced_with_their_version_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, distribution in (("one", "plugin-one"), ("two", "plugin-two")):
        install(tmp_path / folder, distribution, "acme", "a_module_that_is_missing:ADAPTER")
        monkeypatch.syspath_prepend(tmp_path / folder)
    assert [one for one in announced() if one.name == "acme"] == [
        Installed("acme", "plugin-one", "1.0"),
        Installed("acme", "plugin-two", "1.0"),
    ]


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        ("broken_one:ADAPTER", "raise RuntimeError('no GPU driver')\n", "RuntimeError: no GPU driver"),
        ("broken_two:ADAPTER", "import a_module_that_is_missing\n", "ModuleNotFoundError"),
        ("broken_three:ADAPTER", "", "ModuleNotFoundError"),
        ("broken_four:ADAPTER", "ADAPTER = 'a string'\n", "is a str, not an Adapter"),
    ],
)
def test_a_broken_plugin_names_its_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, code: str, said: str
) -> None:
    install(tmp_path, "broken-plugin", "broken", value, code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelwrightError, match="broken-plugin") as caught:
        find_adapter("broken")
    assert said in str(caught.value)


def test_a_name_claimed_twice_names_both_distributions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in ("one", "two"):
        install(tmp_path / number, f"plugin-{number}", "acme", f"plugin_{number}:ADAPTER", "ADAPTER = 1\n")
        monkeypatch.syspath_prepend(tmp_path / number)
    with pytest.raises(ModelwrightError, match="claimed by plugin-one and plugin-two"):
        find_adapter("acme")
