"""ONNX: a graph of known operators, run by onnxruntime; converted from scikit-learn or given as a graph.

A conversion is kept only if it answers the sample and the reference's first rows like the original: doubles are tried
before floats, because a threshold of a tree may lie between a double and its float.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.errors import ModelFormatError
from modelwright.workload.formats.estimator import agree, call_of, choose_form, classes_of, is_estimator
from modelwright.workload.formats.form import Form
from modelwright.workload.formats.saving import Answer, Call, Saved, Saving
from modelwright.workload.signature import Column

NAME = "onnx"
FILE = "model.onnx"
_DTYPES = {
    "tensor(double)": np.float64,
    "tensor(float)": np.float32,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}
_CLOSE = 1e-5
_PAIR = 2


def accepts(model: object) -> bool:
    """Return whether the model is an ONNX graph: its bytes or a ModelProto."""
    return isinstance(model, bytes) or type(model).__name__ == "ModelProto"


def save(model: Any, folder: Path, saving: Saving) -> Saved:
    """Write a graph, converting an estimator. Raises `ModelFormatError` with the reason where that is impossible."""
    if accepts(model):
        data = model if isinstance(model, bytes) else model.SerializeToString()
        _refuse_external(data)
        (folder / FILE).write_bytes(data)
        form = _graph_form(_session(data))
        return Saved(form, saving.classes or _classes_of_graph(data, form, saving))
    if not is_estimator(model):
        raise ModelFormatError(f"a {type(model).__name__} cannot be converted to ONNX")
    (folder / FILE).write_bytes(_converted(model, saving))
    return Saved(_graph_form(_session((folder / FILE).read_bytes())), classes_of(model))


def _converted(model: Any, saving: Saving) -> bytes:
    wanted = call_of(model)(choose_form(model, saving).build(saving.inputs, saving.columns))
    reasons = []
    for double in (True, False):
        try:
            data = _convert(model, saving.inputs, double=double)
            got = _call(_session(data))(_graph_form(_session(data)).build(saving.inputs, saving.columns))
        except Exception as error:  # noqa: BLE001 (converters raise anything; the reason is reported)
            reasons.append(f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else error!r}")
            continue
        if agree(_labelled(got, wanted), wanted, relative=_CLOSE):
            return data
        reasons.append(f"as {'double' if double else 'float'} it does not answer like the original")
    raise ModelFormatError(
        f"{type(model).__name__} cannot be converted to ONNX: {'; '.join(dict.fromkeys(reasons))}",
        remedy='save it as it is (format="skops")',
    )


def _labelled(got: Answer, wanted: Answer) -> Answer:
    return (got[0] if wanted[0] is not None else None, got[1])


def _convert(model: Any, inputs: Sequence[Column], *, double: bool) -> bytes:
    try:
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import BooleanTensorType, DoubleTensorType, FloatTensorType, StringTensorType
    except ImportError as error:
        raise ModelFormatError("skl2onnx is not installed", remedy="pip install 'modelwright[onnx]'") from error
    number = DoubleTensorType if double else FloatTensorType
    if all(column.type in {"float64", "int64"} for column in inputs):
        given = [("X", number([None, len(inputs)]))]
    else:
        kinds = {"string": StringTensorType, "bool": BooleanTensorType}
        given = [(column.name, kinds.get(column.type, number)([None, 1])) for column in inputs]
    options = {id(model): {"zipmap": False}} if classes_of(model) is not None else None
    data: bytes = to_onnx(model, initial_types=given, options=options).SerializeToString()
    return data


def _refuse_external(data: bytes) -> None:
    try:
        import onnx
    except ImportError:
        return
    model = onnx.ModelProto()
    model.ParseFromString(data)
    if any(tensor.external_data for tensor in model.graph.initializer):
        raise ModelFormatError("the graph keeps weights in other files", remedy="save it with its weights inside")


def _session(data: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelFormatError("this model needs onnxruntime", remedy="pip install 'modelwright[onnx]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelFormatError(f"not an ONNX graph that can run: {error}") from error


def _graph_form(session: Any) -> Form:
    given = session.get_inputs()
    if len(given) > 1 or given[0].type == "tensor(string)":
        return Form("columns")
    return Form("matrix" if len(given[0].shape) <= _PAIR else "vector")


def load(folder: Path, manifest: Mapping[str, Any]) -> Call:
    """Read the graph back. Raises `ModelFormatError` without onnxruntime or for a damaged file."""
    del manifest
    return _call(_session((folder / FILE).read_bytes()))


def _call(session: Any) -> Call:
    given = session.get_inputs()

    def answer(batch: Any) -> Answer:
        if isinstance(batch, dict):
            feeds = {item.name: _feed(batch[item.name], item) for item in given}
        else:
            feeds = {given[0].name: np.ascontiguousarray(batch, dtype=_DTYPES[given[0].type])}
        return _answer(session.run(None, feeds))

    return answer


def _feed(values: NDArray[Any], item: Any) -> NDArray[Any]:
    cast: NDArray[Any] = values.astype(_DTYPES[item.type])
    return cast.reshape(-1, 1) if len(item.shape) == _PAIR and cast.ndim == 1 else cast


def _answer(found: Sequence[Any]) -> Answer:
    first = np.asarray(found[0])
    prediction = first.reshape(len(first)) if first.ndim == _PAIR and first.shape[1] == 1 else first
    if len(found) == 1:
        return prediction, None
    shares = found[1]
    if isinstance(shares, list):
        return prediction, np.asarray([list(share.values()) for share in shares], dtype=np.float64)
    return prediction, np.asarray(shares, dtype=np.float64)


def _classes_of_graph(data: bytes, form: Form, saving: Saving) -> tuple[Any, ...] | None:
    session = _session(data)
    _, shares = _call(session)(form.build(saving.inputs, saving.columns))
    return None if shares is None else tuple(range(np.asarray(shares).shape[1]))
