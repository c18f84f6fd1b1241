"""`*.cases.yaml` → cases. What a case leaves out is as it is given for all; `none` takes something away.

apiVersion: attest/v1
kind: PolicyCases
given:
  now: 2026-06-01T12:00:00Z
  files: {model.safetensors: safetensors, config.json: json}
  made: {operation: train, inputs: [{role: dataset, name: tx, digest: "sha256:…"}]}
  claims: {signature: publisher, provenance: publisher, ml-bom: publisher}
cases:
  - name: signed by the publisher
    expect: allowed
  - name: signed by a stranger
    claims: {signature: stranger}
    expect: [signer-not-trusted]
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from attest.cases.keys import ALLOWED, KIND, NONE, TABLE, TYPES
from attest.cases.values import (
    About,
    Built,
    CaseFile,
    Commit,
    Feed,
    PolicyCase,
    Said,
    SaidCheckpoint,
    SaidClaim,
    SaidLog,
    Version,
)
from attest.claims import record_schema
from attest.claims.predicates import LOCAL_BUILDER, ML_BOM, MODEL_SIGNATURE, PROVENANCE
from attest.errors import AttestError, PolicyError, RecordError
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from attest.policy import entries
from attest.policy.keys import Shape
from attest.policy.reading import read_text, read_texts, read_word
from attest.strict_yaml import dotted, load_file
from attest.trust.times import read_time
from attest.written_path import written_path
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from attest.policy.keys import Key
    from attest.strict_yaml import Document, NodePath

ENDING: Final = ".cases.yaml"
API_VERSION: Final = "attest/v1"
_KNOWN_CLAIMS: Final = {"signature": MODEL_SIGNATURE, "provenance": PROVENANCE, "ml-bom": ML_BOM}
_CODE: Final = frozenset({FileKind.PICKLE, FileKind.PYTHON, FileKind.NATIVE_CODE})
_SAID: Final = ("model", "files", "made", "built")
_PLAIN: Final[Mapping[Shape, tuple[type, ...]]] = {
    Shape.KEYS: (dict,),
    Shape.NAMED: (dict,),
    Shape.ENTRIES: (list,),
    Shape.TEXT: (str,),
    Shape.LABEL: (str, int),
    Shape.TEXTS: (str, list),
    Shape.WORD: (str,),
    Shape.WORDS: (str, list),
    Shape.PERSONS: (str, list),
    Shape.TRUE: (bool,),
    Shape.WHOLE: (int,),
    Shape.NUMBER: (str, int),
    Shape.TIME: (str,),
    Shape.FILE: (str,),
    Shape.ANY: (dict,),
}
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def read_cases(path: Path) -> CaseFile:
    """Read a file of cases.

    Raises:
        PolicyError: it is not understood whole; the message has the place.
        RecordError: what stands under `made` is no training record.
    """
    document = load_file(path, prefix="policy", failure=PolicyError)
    top = TABLE.checked(document, (), document.value)
    for key, expected in (("apiVersion", API_VERSION), ("kind", KIND)):
        if top[key] != expected:
            raise document.error((key,), f"this holds no cases: {key}", code="wrong-kind", expected=expected)
    _check_all(document, (), top)
    if not isinstance(top["cases"], list) or not top["cases"]:
        raise document.error(("cases",), "cases lists at least one case", code="empty-list", expected="{name, expect}")
    name = read_text(document, ("policy",), top["policy"]) if "policy" in top else None
    policy = path.with_name(path.name.removesuffix(ENDING) + ".yaml") if name is None else None
    reader = _Reader(document, path.parent, _short_forms(top.get("given", {})))
    cases = tuple(reader.case(("cases", index), item) for index, item in enumerate(top["cases"]))
    names = [case.name for case in cases]
    for index, each in enumerate(names):
        if each in names[:index]:
            raise document.error(("cases", index, "name"), f"'{each[:80]}' is there twice", code="listed-twice")
    return CaseFile(path=path, policy=policy or path.parent / written_path(str(name)), cases=cases)


def _check_all(document: Document, path: NodePath, value: Any) -> None:
    """Every mapping has known keys only, and every value is of its kind, before anything is put together."""
    if isinstance(value, list) and TABLE.children(f"{TABLE.path_of(path)}[]"):
        for index, item in enumerate(value):
            TABLE.checked(document, (*path, index), item)
            _check_all(document, (*path, index), item)
    if not isinstance(value, dict):
        return
    where = TABLE.path_of(path)
    if TABLE.children(where) and TABLE.at(f"{where}.*") is None:
        TABLE.checked(document, path, value)
    for key, item in value.items():
        row = TABLE.at(TABLE.path_of((*path, key)))
        if row is None:
            continue
        if not any(type(item) in _PLAIN[shape] for shape in row.shapes):
            expected = " or ".join(shape.value for shape in row.shapes)
            raise document.error((*path, key), f"{key[:80]} is no such value", code="wrong-type", expected=expected)
        if isinstance(item, str) and not _is_text(row) and item not in row.words:
            words = ", ".join(row.words) or row.shapes[0].value
            raise document.error(
                (*path, key), f"{key[:80]} cannot be '{item[:80]}'", code="unknown-word", expected=words
            )
        _check_all(document, (*path, key), item)


def _is_text(row: Key) -> bool:
    return any(str in _PLAIN[shape] and shape is not Shape.WORD for shape in row.shapes)


def _short_forms(value: Any) -> Any:
    """`signature: publisher` in its long form, so that a case can change a part of it."""
    if not isinstance(value, dict):
        return value
    found = dict(value)
    if isinstance(found.get("claims"), dict):
        found["claims"] = {
            name: {"by": claim} if isinstance(claim, str) and claim != NONE else claim
            for name, claim in found["claims"].items()
        }
    if isinstance(found.get("ancestors"), dict):
        found["ancestors"] = {name: _short_forms(each) for name, each in found["ancestors"].items()}
    return found


def _over(own: Any, given: Any) -> Any:
    """What a case says, over what is given: mappings key by key, anything else in the given one's place."""
    if not isinstance(own, dict) or not isinstance(given, dict):
        return own
    changed = {key: _over(own[key], item) if key in own else item for key, item in given.items()}
    return changed | {key: item for key, item in own.items() if key not in given}


@dataclass(frozen=True)
class _Reader:
    document: Document
    folder: Path
    given: Any

    def case(self, path: NodePath, value: Any) -> PolicyCase:
        value = _over(_short_forms(value), self.given)
        ancestors = {
            name: self._version((*path, "ancestors", name), item, model=f"acme/{name}")
            for name, item in value.get("ancestors", {}).items()
            if item != NONE
        }
        return PolicyCase(
            name=read_text(self.document, (*path, "name"), value["name"]),
            codes=self._codes((*path, "expect"), value["expect"]),
            now=self._time((*path, "now"), value),
            version=self._version(path, value, model="acme/model"),
            ancestors=MappingProxyType(ancestors),
            feed=self._feed((*path, "revocations"), value.get("revocations", NONE)),
            promoted=self._optional_time((*path, "promoted"), value),
            aliases=MappingProxyType(self._aliases((*path, "aliases"), value.get("aliases", {}), ancestors)),
            log=self._log((*path, "log"), value.get("log", NONE)),
            at=f"{self.document.what}:{self.document.position(path)}",
        )

    def _codes(self, path: NodePath, value: Any) -> tuple[str, ...]:
        return () if value == ALLOWED else tuple(sorted(read_texts(self.document, path, value)))

    def _time(self, path: NodePath, value: Mapping[str, Any]) -> datetime:
        key = str(path[-1])
        if key not in value:
            raise self.document.error(
                path[:-1], f"{dotted(path)} is not said", code="missing-key", expected=f"{key}: …"
            )
        try:
            return read_time(value[key] if isinstance(value[key], str) else "", what=key)
        except AttestError as error:
            raise self.document.error(
                path, f"{dotted(path)} is no time", code="bad-time", expected="2026-12-31T18:00:00Z"
            ) from error

    def _optional_time(self, path: NodePath, value: Mapping[str, Any]) -> datetime | None:
        return None if value.get(str(path[-1]), NONE) == NONE else self._time(path, value)

    def _proven(self, path: NodePath, value: Mapping[str, Any]) -> datetime | None:
        return self._optional_time((*path, "proven"), value)

    def _aliases(self, path: NodePath, value: Any, ancestors: Mapping[str, Version]) -> dict[str, str]:
        found = {}
        for alias, name in value.items() if isinstance(value, dict) else ():
            if name != NONE and name not in ancestors:
                raise self.document.error(
                    (*path, alias),
                    f"there is no ancestor '{str(name)[:80]}'",
                    code="unknown-ancestor",
                    expected=", ".join(ancestors) or "one under `ancestors`",
                )
            if name != NONE:
                found[alias] = name
        return found

    def _version(self, path: NodePath, value: Any, *, model: str) -> Version:
        said = {"model": model, **{key: value[key] for key in _SAID if key in value}}
        claims = value.get("claims", {})
        if not isinstance(claims, dict):
            raise self.document.error((*path, "claims"), "claims holds names", code="wrong-type", expected="name: …")
        proven = self._proven(path, value)
        return Version(
            said=self._said(path, said),
            claims=tuple(
                claim
                for name, each in claims.items()
                if each != NONE
                for claim in self._claims((*path, "claims", name), each, said=said, proven=proven)
            ),
        )

    def _claims(self, path: NodePath, value: Any, *, said: Any, proven: datetime | None) -> list[SaidClaim]:
        name = str(path[-1])
        TABLE.checked(self.document, path, value)
        if "by" not in value:
            raise self.document.error(path, f"{dotted(path)} is by nobody", code="missing-key", expected="by: …")
        own = {key: value[key] for key in _SAID if key in value}
        about = read_word(self.document, (*path, "about"), value.get("about", About.VERSION.value), About)
        claim = SaidClaim(
            name=name,
            predicate_type=self._type(path, value),
            by="",
            proven=self._proven(path, value) if "proven" in value else proven,
            about=about,
            spoilt=value.get("spoilt", False) is True,
            version=self._said(path, _over(own, said)),
            reviews=self._reviews((*path, "reviews"), value),
            says=MappingProxyType(value.get("says", {})),
        )
        return [replace(claim, by=person) for person in read_texts(self.document, (*path, "by"), value["by"])]

    def _reviews(self, path: NodePath, value: Mapping[str, Any]) -> tuple[str, ...] | None:
        if "reviews" not in value:
            return None
        return () if value["reviews"] == NONE else read_texts(self.document, path, value["reviews"])

    def _type(self, path: NodePath, value: Mapping[str, Any]) -> str:
        known = _KNOWN_CLAIMS.get(str(path[-1]))
        if "type" not in value and known is not None:
            return known
        if "type" not in value:
            raise self.document.error(
                path,
                f"{dotted(path)} is of no type",
                code="missing-key",
                expected=f"type: {', '.join(TYPES)}, or a URI",
            )
        text = read_text(self.document, (*path, "type"), value["type"])
        if text in TYPES or ":" in text:
            return TYPES.get(text, text)
        raise self.document.error(
            (*path, "type"), f"'{text[:80]}' is no kind of claim", code="unknown-word", expected=", ".join(TYPES)
        )

    def _said(self, path: NodePath, value: Mapping[str, Any]) -> Said:
        built = value.get("built", _NOTHING)
        commit = read_word(self.document, (*path, "built", "commit"), built.get("commit", Commit.CLEAN.value), Commit)
        return Said(
            model=read_text(self.document, (*path, "model"), value["model"]),
            manifest=self._manifest((*path, "files"), value.get("files", {})),
            record=self._record((*path, "made"), value.get("made", {})),
            built=Built(
                builder=str(built.get("builder", LOCAL_BUILDER)),
                commit=commit,
                finished=str(built.get("finished", "2026-01-01T00:00:00Z")),
            ),
        )

    def _manifest(self, path: NodePath, value: Any) -> ModelManifest:
        if not isinstance(value, dict) or all(item == NONE for item in value.values()):
            raise self.document.error(path, "a version has files", code="missing-key", expected="files: {PATH: KIND}")
        files = [self._file((*path, name), item) for name, item in value.items() if item != NONE]
        return ModelManifest(files=tuple(sorted(files, key=lambda file: file.path)))

    def _file(self, path: NodePath, value: Any) -> ModelFile:
        entry = value if isinstance(value, dict) else {"kind": value}
        kind = read_word(self.document, (*path, "kind") if entry is value else path, entry["kind"], FileKind)
        name, content = str(path[-1]), str(entry.get("content", ""))
        runs_code = kind in _CODE or entry.get("code", False) is True
        return ModelFile(
            path=name,
            digest=Digest.of(f"{name}\n{content}".encode()),
            size=len(name) + len(content) + 1,
            format=FileFormat(
                kind=kind,
                code_bearing=runs_code,
                reason="said to run code" if runs_code else "",
                parameters=entry.get("parameters"),
            ),
        )

    def _record(self, path: NodePath, value: Any) -> Any:
        document = self.document
        if not isinstance(value, dict):
            raise document.error(
                path, f"{dotted(path)} must hold keys", code="wrong-type", expected="as a training record"
            )
        values = {place[len(path) :]: at for place, at in document.values.items() if place[: len(path)] == path}
        keys = {place[len(path) :]: at for place, at in document.keys.items() if place[: len(path)] == path}
        values.setdefault((), document.position(path))
        head = {"apiVersion": record_schema.API_VERSION, "kind": record_schema.KIND}
        inner = replace(document, value=head | value, prefix="record", failure=RecordError, values=values, keys=keys)
        return record_schema.read(inner, folder=Path())

    def _feed(self, path: NodePath, value: Any) -> Feed | None:
        if value == NONE:
            return None
        TABLE.checked(self.document, path, value)
        if "by" not in value:
            raise self.document.error(path, "the feed is by nobody", code="missing-key", expected="by: …")
        revoked = read_texts(self.document, (*path, "revoked"), value["revoked"]) if "revoked" in value else ()
        return Feed(
            by=read_text(self.document, (*path, "by"), value["by"]),
            sequence=self._sequence(path, value, 1),
            issued=self._time((*path, "issued"), value),
            expires=self._time((*path, "expires"), value),
            revoked=revoked,
        )

    def _sequence(self, path: NodePath, value: Mapping[str, Any], default: int) -> int:
        found = value.get("sequence", default)
        if type(found) is not int or found < 1:
            raise self.document.error(
                (*path, "sequence"), f"{dotted(path)}.sequence counts", code="wrong-type", expected="1 or more"
            )
        return found

    def _log(self, path: NodePath, value: Any) -> SaidLog | None:
        if value == NONE:
            return None
        TABLE.checked(self.document, path, value)
        if "begun-by" not in value:
            raise self.document.error(path, "the log is by nobody", code="missing-key", expected="begun-by: …")
        begun_by = read_text(self.document, (*path, "begun-by"), value["begun-by"])
        sequence = self._sequence(path, value, 1)
        alias = str(value.get("alias", "production"))
        return SaidLog(
            alias=None if alias == NONE else alias,
            begun_by=begun_by,
            admins=read_texts(self.document, (*path, "admins"), value.get("admins", begun_by)),
            digest=entries.digest(self.document, path, value, "digest"),
            environment=value.get("environment"),
            sequence=sequence,
            first_use=value.get("first-use", False) is True,
            checkpoint=self._checkpoint((*path, "checkpoint"), value.get("checkpoint", NONE), sequence),
        )

    def _checkpoint(self, path: NodePath, value: Any, sequence: int) -> SaidCheckpoint | None:
        if value == NONE:
            return None
        TABLE.checked(self.document, path, value)
        if "by" not in value:
            raise self.document.error(path, "the checkpoint is by nobody", code="missing-key", expected="by: …")
        return SaidCheckpoint(
            by=read_text(self.document, (*path, "by"), value["by"]),
            sequence=self._sequence(path, value, sequence),
            issued=self._time((*path, "issued"), value),
            expires=self._time((*path, "expires"), value),
            other_branch=value.get("about", "log") != "log",
        )
