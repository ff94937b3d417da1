"""Save the model for MLflow's server. Argument: folder. `plain` takes bare arrays, `frame` a signature with names."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature
from serve_model import fitted


def main() -> None:
    """Save both; `predict_proba`, so that the answers can be compared."""
    folder = Path(json.loads(sys.argv[1])["folder"])
    model, rows, kinds = fitted()
    mlflow.sklearn.save_model(model, str(folder / "plain"), pyfunc_predict_fn="predict_proba")
    frame = pd.DataFrame(rows, columns=[f"x{n}" for n in range(rows.shape[1])])
    named = type(model)(model.steps).fit(frame, kinds)
    signature = infer_signature(frame, named.predict_proba(frame))
    mlflow.sklearn.save_model(named, str(folder / "frame"), signature=signature, pyfunc_predict_fn="predict_proba")
    print("{}")


if __name__ == "__main__":
    main()
