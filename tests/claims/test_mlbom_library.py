"""Defects of cyclonedx-python-lib that shape our code. When one of these fails, upstream has fixed it: simplify.

Measured with 11.12.0; upstream issues #912 (modelCard) and #913 (component data), pull request #914.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.validation.json import JsonStrictValidator

from tests.claims.bom_samples import component, document


def written(bom: Bom) -> str:
    return JsonV1Dot6(bom).output_as_string()


def test_reading_with_the_library_loses_card_and_data_without_a_word() -> None:
    """Why mlbom_read.py never goes through it."""
    ours = document()
    again = json.loads(written(Bom.from_json(ours)))  # type: ignore[attr-defined]
    assert "modelCard" in component(ours, "model")
    assert "modelCard" not in component(again, "model")
    assert "data" in component(ours, "input:transactions")
    assert "data" not in component(again, "input:transactions")
    assert "compositions" not in again


@pytest.mark.parametrize("missing", ["model_card", "data"])
def test_the_component_has_no_card_and_no_data(missing: str) -> None:
    """Why mlbom_card.py completes the JSON."""
    assert missing not in inspect.signature(Component.__init__).parameters
    assert not hasattr(Component, missing)


@pytest.mark.parametrize("missing", ["compositions", "formulation", "annotations", "declarations"])
def test_the_bom_has_no_compositions(missing: str) -> None:
    assert missing not in inspect.signature(Bom.__init__).parameters


SUBCLASS = """
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from py_serializable import serializable_class

@serializable_class
class CardComponent(Component):
    @property
    def model_card(self) -> str:
        return "card"

made = CardComponent(name="m", type=ComponentType.MACHINE_LEARNING_MODEL, bom_ref="model")
print(JsonV1Dot6(Bom(metadata=BomMetaData(component=made))).output_as_string())
"""


def test_subclassing_the_component_breaks_its_other_fields() -> None:
    """Why there is no component of ours: py-serializable keeps names per class (and for ever: hence the process)."""
    done = subprocess.run([sys.executable, "-c", SUBCLASS], capture_output=True, text=True, check=True)
    model = json.loads(done.stdout)["metadata"]["component"]
    assert "bomRef" in model
    assert "bom-ref" not in model


def test_two_components_that_differ_only_in_an_added_field_are_one_to_it() -> None:
    """Components live in sorted sets and are compared by the library's own fields."""
    first, second = (Component(name="m", bom_ref="m") for _ in range(2))
    first.model_card = "one"  # type: ignore[attr-defined]
    second.model_card = "two"  # type: ignore[attr-defined]
    assert first == second
    assert len(Bom(components=[first, second]).components) == 1


def test_things_with_one_bom_ref_get_random_ones() -> None:
    """Why build_document checks names first: the output would not be the same twice."""
    parts = [Component(name=name, bom_ref="same") for name in "ab"]
    bom = Bom(components=parts)
    bom.register_dependency(parts[0])
    references = {part["bom-ref"] for part in json.loads(written(bom))["components"]}
    assert len(references) == 2
    assert any(reference.startswith("BomRef.") for reference in references)


def test_its_strict_validator_does_not_notice_dangling_references() -> None:
    """Why mlbom_check.py exists; checked here for the library, in test_mlbom_check.py for the schema."""
    from cyclonedx.schema import SchemaVersion

    bom = document()
    bom["dependencies"].append({"ref": "gone", "dependsOn": ["gone too"]})
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bom)) is None
