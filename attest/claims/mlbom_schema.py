"""The official CycloneDX JSON schemas, shipped unchanged (schemas/NOTICE), and the validator that gets them right.

jsonschema-rs agrees with all official examples in milliseconds; plain `jsonschema` without its format extras accepts
bad timestamps and refuses signed documents. Imported only when somebody validates.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from attest.claims.mlbom_check import spec_of
from attest.errors import MalformedEvidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema_rs import Draft7Validator

_FOLDER: Final = Path(__file__).parent / "schemas"
_SHARED: Final = ("spdx", "jsf-0.82", "cryptography-defs")
_SHOWN_CHARACTERS: Final = 200


def check_schema(document: Mapping[str, Any]) -> None:
    """Hold a BOM against the official schema of the version that it claims. The first use costs about 30 ms.

    Args:
        document: the BOM as parsed JSON.

    Raises:
        MalformedEvidence: its version has no schema here (`bom-version`), or it is not valid (`bom-schema`); the
            message says where.
    """
    import jsonschema_rs  # noqa: PLC0415  # only those who validate pay for it

    spec = spec_of(document)
    try:
        _validator(spec).validate(document)
    except jsonschema_rs.ValidationError as error:
        place = "/".join(str(part) for part in error.instance_path) or "the document"
        raise MalformedEvidence(
            f"the ML-BOM is not valid CycloneDX {spec} at {place}",
            code="bom-schema",
            found=error.message[:_SHOWN_CHARACTERS],
        ) from error
    except ValueError as error:  # what JSON cannot hold: lone surrogates, huge integers
        raise MalformedEvidence("the ML-BOM is not JSON", code="bom-schema", found=str(error)[:200]) from error


@cache
def _validator(spec: str) -> Draft7Validator:
    import jsonschema_rs  # noqa: PLC0415

    registry = jsonschema_rs.Registry([(_address(name), _schema(name)) for name in _SHARED], retriever=_nothing_else)
    return jsonschema_rs.Draft7Validator(
        _schema(f"bom-{spec}"),
        registry=registry,
        retriever=_nothing_else,
        validate_formats=True,
    )


def _schema(name: str) -> Any:
    return json.loads((_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))


def _address(name: str) -> str:
    return f"http://cyclonedx.org/schema/{name}.schema.json"


def _nothing_else(address: str) -> NoReturn:
    raise ValueError(f"{address} is not among the shipped schemas")  # and nothing is ever fetched
