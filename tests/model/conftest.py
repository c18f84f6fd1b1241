from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from attest.model.formats import recognise

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.model.manifest import FileFormat

FIXTURES = Path(__file__).parents[2] / "fixtures"


def load_maker() -> Any:
    """The script that makes small models; it belongs to no package."""
    spec = importlib.util.spec_from_file_location("make_models", FIXTURES / "make_models.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def maker() -> Any:
    return load_maker()


@pytest.fixture(scope="session")
def models(maker: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small models of every shape, by name."""
    return cast("dict[str, Path]", maker.make_all(tmp_path_factory.mktemp("models")))


@pytest.fixture
def recognised() -> Callable[..., FileFormat]:
    def look(data: bytes, path: str = "some") -> FileFormat:
        return recognise(path, io.BytesIO(data), len(data))

    return look
