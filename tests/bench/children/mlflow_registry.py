"""MLflow's registry on SQLite, asked by its own client: mlflow_registry.py FOLDER VERSIONS...

For each number of versions one line on standard output: seconds to set an alias, to get by alias, to search by tag.
The versions are written past the client, in one statement, as it would have left them; each has one tag. Every model
has the same database, as in one registry.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

from mlflow import MlflowClient
from mlflow.store.model_registry.dbmodels.models import SqlModelVersion, SqlModelVersionTag, SqlRegisteredModel
from sqlalchemy import create_engine, insert

if TYPE_CHECKING:
    from collections.abc import Callable

_ROUNDS = 11


def fill(address: str, model: str, versions: int) -> None:
    """A model with so many versions."""
    own = {"workspace": "default", "name": model}
    rows = [
        own | {"version": number, "source": "file:///nowhere", "status": "READY"} for number in range(1, versions + 1)
    ]
    times = {"creation_time": 1, "last_updated_time": 1}
    tags = [own | {"version": row["version"], "key": "accuracy", "value": str(row["version"])} for row in rows]
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(insert(SqlRegisteredModel), own | times)
        connection.execute(insert(SqlModelVersion), [row | times | {"current_stage": "None"} for row in rows])
        connection.execute(insert(SqlModelVersionTag), tags)
    engine.dispose()


def median(call: Callable[[int], object]) -> float:
    """Seconds, of a warm call."""
    call(0)
    took = []
    for turn in range(_ROUNDS):
        before = time.perf_counter()
        call(turn)
        took.append(time.perf_counter() - before)
    return statistics.median(took)


def measured(client: MlflowClient, model: str, versions: int) -> tuple[float, float, float]:
    """Setting an alias, getting by it, searching by tag."""
    query = f"name = '{model}' and tags.accuracy = '{versions // 2}'"
    if len(client.search_model_versions(query)) != 1:
        raise SystemExit(f"{query} found something else than one version")
    return (
        median(lambda turn: client.set_registered_model_alias(model, "production", str(1 + turn % 2))),
        median(lambda _: client.get_model_version_by_alias(model, "production")),
        median(lambda _: client.search_model_versions(query)),
    )


def main(folder: str, *sizes: str) -> None:
    """Fill and measure one size after the other."""
    address = f"sqlite:///{folder}/mlflow.db"
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    client.search_registered_models()  # makes the tables
    for size in map(int, sizes):
        fill(address, f"long-{size}", size)
        sys.stdout.write(" ".join(map(str, measured(client, f"long-{size}", size))) + "\n")


main(*sys.argv[1:])
