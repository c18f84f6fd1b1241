from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.claims import signature
from attest.claims.predicates import MODEL_SIGNATURE, PROVENANCE
from attest.claims.statement import Statement, Subject, check_with_library
from attest.errors import AttestError, MalformedEvidence, Refusal, SubjectMismatch
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable

VECTORS = Path(__file__).parents[2] / "../shared/vectors/oms/adversarial"
NAMES = ["vae-extra", "vae.json", "vae/x.bin"]
SERIALISATION = {"method": "files", "hash_type": "sha256", "allow_symlinks": False}


def manifest(names: list[str], excluded: tuple[str, ...] = ()) -> ModelManifest:
    files = tuple(
        ModelFile(path=name, digest=Digest.of(name.encode()), size=1, format=FileFormat(kind=FileKind.TEXT))
        for name in names
    )
    return ModelManifest(files=files, excluded=excluded)


def resource(name: str, **others: Any) -> dict[str, Any]:
    return {"name": name, "algorithm": "sha256", "digest": Digest.of(name.encode()).hex, **others}


def root(resources: list[dict[str, Any]]) -> Digest:
    return Digest(hex=hashlib.sha256(b"".join(bytes.fromhex(item["digest"]) for item in resources)).hexdigest())


def claim(resources: list[Any], subject: Digest | None = None, **predicate: Any) -> Statement:
    """A signature over `resources` whose root is right unless `subject` says otherwise."""
    if subject is None:
        try:
            subject = root(resources)
        except (ValueError, TypeError, KeyError):
            subject = Digest.of(b"")
    return Statement.build(
        subjects=[Subject(name="m", digest=subject)],
        predicate_type=MODEL_SIGNATURE,
        predicate={"resources": resources, "serialization": SERIALISATION, **predicate},
    )


def changed(**predicate: Any) -> Statement:
    good = claim([resource("a")])
    return Statement.build(
        subjects=good.subjects, predicate_type=MODEL_SIGNATURE, predicate={**good.predicate, **predicate}
    )


def ignoring(path: str) -> Callable[[], Statement]:
    return lambda: claim([resource("a")], serialization={**SERIALISATION, "ignore_paths": [path]})


def code(statement: Statement) -> str:
    with pytest.raises(AttestError) as caught:
        signature.parse(statement)
    assert caught.value.exit_status == 3
    return caught.value.code


def test_what_is_written_is_read_back() -> None:
    written = manifest(NAMES)
    parsed = signature.parse(signature.build(written, name="acme/m"))
    assert [resource.path for resource in parsed.resources] == NAMES
    assert parsed.root == written.oms_root
    assert parsed.ignored == ()


def test_equal_models_give_equal_bytes() -> None:
    assert signature.build(manifest(NAMES), name="m").raw == signature.build(manifest(NAMES), name="m").raw


def test_names_are_written_in_code_point_order_whatever_the_manifest_has() -> None:
    written = signature.build(manifest(["vae/x.bin", "vae.json", "vae-extra"]), name="m")
    assert [resource["name"] for resource in written.predicate["resources"]] == NAMES


def test_the_statement_is_what_the_spec_shows() -> None:
    statement = signature.build(manifest(["a"]), name="m")
    check_with_library(statement)
    assert json.loads(statement.raw) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "m", "digest": {"sha256": root([resource("a")]).hex}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"resources": [resource("a")], "serialization": SERIALISATION},
    }


def test_what_was_excluded_opens_no_hole_for_other_verifiers() -> None:
    statement = signature.build(manifest(["a"], excluded=("*.pkl", "notes/*")), name="m")
    assert "ignore_paths" not in statement.predicate["serialization"]


def test_both_orders_are_read_and_the_root_follows_the_list() -> None:
    path_order = sorted(NAMES, key=PurePosixPath)
    assert path_order != NAMES
    one = signature.parse(claim([resource(name) for name in NAMES]))
    other = signature.parse(claim([resource(name) for name in path_order]))
    assert {r.path: r.digest for r in one.resources} == {r.path: r.digest for r in other.resources}
    assert one.root != other.root


def test_unknown_fields_of_a_file_are_ignored_as_the_spec_asks() -> None:
    assert signature.parse(claim([resource("a", uri="https://x/a")])).resources[0].path == "a"


def test_ignored_paths_are_shown_to_whoever_decides() -> None:
    serialisation = {**SERIALISATION, "ignore_paths": [".git", "model.sig"]}
    assert signature.parse(claim([resource("a")], serialization=serialisation)).ignored == (".git", "model.sig")


def test_renaming_files_keeps_the_root_so_it_is_never_enough() -> None:
    before = manifest(["config.json"])
    resources = [{**resource("config.json"), "name": "dropper.py"}]
    assert signature.parse(claim(resources)).root == before.oms_root


def test_a_wrong_root_is_refused() -> None:
    with pytest.raises(SubjectMismatch) as caught:
        signature.parse(claim([resource("a")], subject=Digest.of(b"other")))
    assert caught.value.code == "root-mismatch"
    assert caught.value.expected == str(root([resource("a")]))


def test_a_second_subject_is_refused() -> None:
    good = claim([resource("a")])
    twice = Statement.build(subjects=good.subjects * 2, predicate_type=MODEL_SIGNATURE, predicate=good.predicate)
    assert code(twice) == "root-mismatch"


REFUSED: dict[str, tuple[Callable[[], Statement], str]] = {
    "no files: fits any folder": (lambda: claim([]), "no-resources"),
    "files that are no list": (lambda: changed(resources={"a": 1}), "no-resources"),
    "a name twice": (lambda: claim([resource("a"), resource("a")]), "duplicate-name"),
    "no known order": (lambda: claim([resource("b"), resource("a")]), "unordered-names"),
    "a name that climbs": (lambda: claim([resource("../secret.txt")]), "unsafe-name"),
    "an absolute name": (lambda: claim([resource("/etc/passwd")]), "unsafe-name"),
    "a doubled slash": (lambda: claim([resource("x//a")]), "unsafe-name"),
    "a leading dot slash": (lambda: claim([resource("./a")]), "unsafe-name"),
    "an empty name": (lambda: claim([resource("")]), "unsafe-name"),
    "the folder itself": (lambda: claim([resource("."), resource("a")]), "unsafe-name"),
    "names that differ in case only": (lambda: claim([resource("A"), resource("a")]), "name-collision"),
    "another method": (lambda: claim([resource("a")], serialization={**SERIALISATION, "method": "tree"}),
                       "malformed-evidence"),
    "a method that is no text": (lambda: claim([resource("a")], serialization={**SERIALISATION, "method": [{}]}),
                                 "malformed-evidence"),
    "another hash": (lambda: claim([resource("a")], serialization={**SERIALISATION, "hash_type": "sha512"}),
                     "malformed-evidence"),
    "a hash that is no text": (lambda: claim([resource("a")], serialization={**SERIALISATION, "hash_type": ["blake3"]}),
                               "malformed-evidence"),
    "another algorithm of one file": (lambda: claim([resource("a", algorithm="md5")]), "malformed-evidence"),
    "upper-case digits": (lambda: claim([resource("a", digest="AB" * 32)]), "malformed-evidence"),
    "a short digest": (lambda: claim([resource("a", digest="ab")]), "malformed-evidence"),
    "a file that is text": (lambda: claim(["a"]), "malformed-evidence"),
    "a file without a digest": (lambda: claim([{"name": "a", "algorithm": "sha256"}]), "malformed-evidence"),
    "an unknown part": (lambda: claim([resource("a")], note="x"), "malformed-evidence"),
    "an unknown serialisation": (lambda: claim([resource("a")], serialization={**SERIALISATION, "shard_size": 1}),
                                 "malformed-evidence"),
    "no serialisation": (lambda: claim([resource("a")], serialization=None), "malformed-evidence"),
    "links in words": (lambda: claim([resource("a")], serialization={**SERIALISATION, "allow_symlinks": "no"}),
                       "malformed-evidence"),
    "ignored paths in words": (lambda: claim([resource("a")], serialization={**SERIALISATION, "ignore_paths": "x"}),
                               "malformed-evidence"),
    **{
        f"ignoring {path!r}": (ignoring(path), "ignore-too-wide")
        for path in (".", "", "/", "*.pkl", "a?", "[ab]", "../x", "a/../..")
    },
}  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), REFUSED.values(), ids=REFUSED)
def test_a_signature_with_two_readings_is_refused(make: Callable[[], Statement], expected: str) -> None:
    assert code(make()) == expected


@pytest.mark.parametrize("method", ["files", "shards"])
@pytest.mark.parametrize("algorithm", ["blake2b", "blake3"])
def test_a_hash_that_the_specification_allows_besides_is_refused_by_name(method: str, algorithm: str) -> None:
    """Its bundle is not broken, so it is no incident."""
    with pytest.raises(Refusal, match=algorithm) as caught:
        signature.parse(
            claim([resource("a")], serialization={**SERIALISATION, "method": method, "hash_type": algorithm})
        )
    assert (caught.value.code, caught.value.exit_status) == ("hash-unsupported", 1)


def test_the_old_predicate_is_refused_by_name() -> None:
    old = Statement.build(
        subjects=[Subject(name="a", digest=Digest.of(b"a"))],
        predicate_type="https://model_signing/Digests/v0.1",
        predicate={},
    )
    assert code(old) == "signature-too-old"


def test_another_claim_is_no_model_signature() -> None:
    good = claim([resource("a")])
    other = Statement.build(subjects=good.subjects, predicate_type=PROVENANCE, predicate=good.predicate)
    with pytest.raises(MalformedEvidence) as caught:
        signature.parse(other)
    assert caught.value.expected == MODEL_SIGNATURE


@given(st.lists(st.sampled_from(["a", "b", "b/c", "b-d", "b.e", "é", "z/y/x"]), unique=True, min_size=1))
def test_any_model_is_read_back_in_full(names: list[str]) -> None:
    names = [name for name in names if not any(other.startswith(f"{name}/") for other in names)]
    parsed = signature.parse(signature.build(manifest(sorted(names)), name="m"))
    assert [resource.path for resource in parsed.resources] == sorted(names)


@given(
    st.recursive(
        st.none() | st.integers(-9, 9) | st.text(max_size=5),
        lambda v: (
            st.lists(v, max_size=3)
            | st.dictionaries(
                st.sampled_from(["resources", "serialization", "name", "digest", "method"]), v, max_size=3
            )
        ),
    )
)
def test_any_predicate_is_refused_as_malformed_and_nothing_else_happens(value: Any) -> None:
    predicate = value if isinstance(value, dict) else {"resources": value, "serialization": SERIALISATION}
    assert code(
        Statement.build(
            subjects=[Subject(name="m", digest=Digest.of(b""))], predicate_type=MODEL_SIGNATURE, predicate=predicate
        )
    )


OUTCOMES = {
    "00-baseline": None,
    "01-unsorted": "unordered-names",
    "03-codepoint-order": None,
    "04-duplicate-name": "duplicate-name",
    "06-double-slash": "unsafe-name",
    "07-parent-traversal": "unsafe-name",
    "09-empty-ignore-dot": "ignore-too-wide",
    "10-empty-resources": "no-resources",
    "12-ignore-glob": "ignore-too-wide",
    "13-wrong-root": "root-mismatch",
    "14-algorithm-label": "malformed-evidence",
    "23-single-dot": None,
    "24-single-basename": None,
    "25-shards-spec": None,
    "27-shards-gap": "shard-gap",
    "33-v01-compat": "signature-too-old",
    "35-unknown-resource-key": None,
    "37-uppercase-hex": "malformed-evidence",
}
"""The reference implementation accepts 01, 04, 06, 07, 09, 10, 12, 33 and 37 and refuses 24 and 25."""


@pytest.mark.skipif(not VECTORS.exists(), reason="the OMS vectors are not beside the checkout")
@pytest.mark.parametrize(("case", "expected"), OUTCOMES.items(), ids=OUTCOMES)
def test_adversarial_bundles_that_are_validly_signed(case: str, expected: str | None) -> None:
    envelope = json.loads((VECTORS / case / "bundle.sig").read_bytes())["dsseEnvelope"]
    statement = Statement.parse(base64.b64decode(envelope["payload"]))
    if expected is None:
        assert signature.parse(statement).paths
    else:
        assert code(statement) == expected
