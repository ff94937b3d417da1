"""Which format a model is saved in, and which module reads a manifest's format."""

from __future__ import annotations

from importlib import import_module

from modelwright.errors import ModelFormatError, did_you_mean
from modelwright.workload.formats.saving import Format

MODULES = {
    "lightgbm": "lightgbm_text",
    "xgboost": "xgboost_native",
    "onnx": "onnx_graph",
    "callable": "source_callable",
    "skops": "sklearn_skops",
    "pickle": "pickled",
}
"""In the order in which they are asked whether a model is theirs: the specific before the general."""


def format_named(name: str) -> Format:
    """Return a format by name. Raises `ModelFormatError` for an unknown one."""
    if name not in MODULES:
        raise ModelFormatError(f"unknown model format {name!r}", remedy=did_you_mean(name, MODULES))
    module: Format = import_module(f"modelwright.workload.formats.{MODULES[name]}")
    return module


def format_of(model: object, name: str | None, opt_in: frozenset[str]) -> Format:
    """Return the named format, else the model's natural one. Raises `ModelFormatError` when there is none."""
    if name is not None:
        return format_named(name)
    if "pickle" in opt_in and "callable" not in opt_in:
        natural = [
            format_named(known) for known in ("lightgbm", "xgboost", "onnx") if format_named(known).accepts(model)
        ]
        return natural[0] if natural else format_named("pickle")
    for known in MODULES:
        if (found := format_named(known)).accepts(model):
            return found
    raise ModelFormatError(
        f"a {type(model).__module__}.{type(model).__qualname__} is of no known format",
        remedy="save a scikit-learn estimator, an ONNX graph, a LightGBM or XGBoost model; or opt in to "
        'code by name: opt_in="callable" or opt_in="pickle"',
    )
