"""Save the model for MLServer, with its settings. Arguments: folder, port."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import joblib
from serve_model import fitted


def main() -> None:
    """Write model and settings; without workers of its own, because with them 1.7.1 does not start."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(fitted()[0], folder / "model.joblib")
    settings = {
        "host": "127.0.0.1",
        "http_port": given["port"],
        "grpc_port": given["port"] + 1,
        "metrics_port": given["port"] + 2,
        "parallel_workers": 0,
        "debug": False,
    }
    model = {
        "name": "bench",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib"},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model))
    print("{}")


if __name__ == "__main__":
    main()
