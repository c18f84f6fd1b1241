"""The other project's command lines, as its documentation calls them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.keys import key_pair

if TYPE_CHECKING:
    from tests.bench.running import Run, Setting

_INSTALLED = Path(__file__).resolve().parents[2] / ".interop" / "venv" / "bin" / "model_signing"
NO_MODEL_SIGNING = "model_signing is not there: `make bench` installs it, or name it in $MODEL_SIGNING"
NO_MLFLOW = "MLflow is not there: `make bench` installs it, or name a Python that has it in $MLFLOW_PYTHON"
NO_REGISTRY = "docker-registry is not installed here: apt-get install docker-registry"


def find_model_signing() -> Path | None:
    """The command of `model-signing`, in the environment of its own that `make interop` makes, or where it is said."""
    named = os.environ.get("MODEL_SIGNING")
    found = shutil.which(named) if named else None
    if named:
        return Path(found) if found else None
    return _INSTALLED if _INSTALLED.exists() else None


def find_mlflow() -> Path | None:
    """A Python with MLflow: that of the environment which has `model-signing`, or the one that is said."""
    named = os.environ.get("MLFLOW_PYTHON")
    if named:
        found = shutil.which(named)
        return Path(found) if found else None
    there = next(_INSTALLED.parents[1].glob("lib/python*/site-packages/mlflow"), None)
    return None if there is None else _INSTALLED.with_name("python")


def sign_key(setting: Setting, model: Path, signature: Path) -> Run:
    """`model_signing sign key`."""
    key = key_pair(setting).private
    return _model_signing(setting, "sign", "key", "--private_key", key, "--signature", signature, model)


def verify_key(setting: Setting, model: Path, signature: Path) -> Run:
    """`model_signing verify key`."""
    key = key_pair(setting).public
    return _model_signing(setting, "verify", "key", "--public_key", key, "--signature", signature, model)


def _model_signing(setting: Setting, *words: str | Path) -> Run:
    if setting.model_signing is None:
        raise SystemExit(NO_MODEL_SIGNING)
    return setting.run(setting.model_signing, *words)
