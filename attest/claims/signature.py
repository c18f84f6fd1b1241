"""The model signature: OMS v1.0 (ossf/model-signing-spec), one resource per file and one root digest over them.

What we sign is always method `files`; method `shards` (shards.py) is read as well, since others sign large models so.

Written so that `model_signing verify key` accepts it. What was excluded from a model is *not* written into
`ignore_paths`: the spec forbids patterns there, and other verifiers skip what stands there, so that a planted file at
an excluded path would pass them (docs/threats.md rows 10 and 31). The provenance and the ML-BOM record it.

Read strictly: the root binds no names and readers differ on order, so every rule of the spec that keeps two readers
from seeing two models is checked here, though the reference implementation checks few (see docs/formats.md).
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from attest.claims import shards
from attest.claims.predicates import MODEL_SIGNATURE
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence, ModelError, Refusal, SubjectMismatch
from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.claims.shards import ShardedFile
    from attest.model.manifest import ModelManifest

OLDEST: Final = "https://model_signing/Digests/v0.1"
"""What model_signing 0.2 wrote, with files for subjects."""

THE_FILE: Final = "."
"""How model_signing names the one file of a model that is a file; OMS 6.1.2 names it by its own name."""

_PREDICATE_KEYS: Final = frozenset({"resources", "serialization"})
_SERIALISATION_KEYS: Final = frozenset({"method", "hash_type", "allow_symlinks", "ignore_paths"})
_METHODS: Final = ("files", "shards")  # no set: what is looked for is anything that JSON can hold
_OTHER_HASHES: Final = frozenset({"blake2b", "blake3"})
"""What the specification's registry of algorithms allows besides SHA-256. No blob of a store is addressed by them."""

_PATTERN: Final = frozenset("*?[]")


class Resource(Struct, frozen=True, kw_only=True):
    """One signed file.

    Args:
        path: its POSIX path inside the model, checked; `THE_FILE` for the only file of a model that is a file.
        digest: SHA-256 of its bytes.
    """

    path: str
    digest: Digest


class ModelSignature(Struct, frozen=True, kw_only=True):
    """What a model signature says.

    Args:
        resources: the files, in the signer's order; none where the signature is over shards.
        root: the OMS root digest, recomputed. It does not bind names: compare the resources, never this alone.
        ignored: paths that the signer left out. A verifier that honours them lets the signer choose what is checked.
        sharded: the files of a signature over shards.
        shard_size: bytes of each shard but a file's last; `None` for method files.
    """

    resources: tuple[Resource, ...]
    root: Digest
    ignored: tuple[str, ...] = ()
    sharded: tuple[ShardedFile, ...] = ()
    shard_size: int | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The signed files, by either method."""
        return tuple(each.path for each in (self.resources or self.sharded))

    def of_file(self, name: str) -> ModelSignature:
        """The same, where `THE_FILE` is all that was signed, with the name that this file has here."""
        if self.paths != (THE_FILE,):
            return self
        return replace(
            self,
            resources=tuple(replace(each, path=name) for each in self.resources),
            sharded=tuple(replace(each, path=name) for each in self.sharded),
        )


def build(manifest: ModelManifest, *, name: str) -> Statement:
    """The claim "these are the files of this model".

    Args:
        manifest: the files, in code-point order of their paths.
        name: the model's name without host; free text to other readers.
    """
    files = sorted(manifest.files, key=lambda file: file.path)
    resources = [{"name": file.path, "algorithm": "sha256", "digest": file.digest.hex} for file in files]
    serialisation = {"method": "files", "hash_type": "sha256", "allow_symlinks": False}
    return Statement.build(
        subjects=[Subject(name=name, digest=_root([file.digest for file in files]))],
        predicate_type=MODEL_SIGNATURE,
        predicate={"resources": resources, "serialization": serialisation},
    )


def parse(statement: Statement) -> ModelSignature:
    """Read one.

    Raises:
        MalformedEvidence: another predicate type (the old one by name), no resources, repeated, unsafe or unordered
            names, digests in another form, patterns among the ignored paths, or shards that leave bytes out, cover
            them twice or have another size (`shard-gap`, `shard-overlap`, `shard-size`).
        Refusal: `hash-unsupported`: BLAKE digests.
        SubjectMismatch: the subject is not the root over the resources (code `root-mismatch`).
    """
    _check_kind(statement)
    if unknown := sorted(set(statement.predicate) - _PREDICATE_KEYS):
        raise MalformedEvidence("the model signature has unknown fields", found=unknown[0][:80])
    shard_size, ignored = _serialisation(statement.predicate.get("serialization"))
    resources = _resources(statement.predicate.get("resources"), shard_size)
    sharded = () if shard_size is None else _join(resources, shard_size)
    _check_names([each.path for each in (sharded or resources)])
    root = _root([resource.digest for resource in resources])
    if len(statement.subjects) != 1 or not root.matches(statement.subjects[0].digest):
        raise SubjectMismatch(
            "the model signature's subject is not the root of its files",
            code="root-mismatch",
            expected=str(root),
            found=", ".join(str(subject.digest) for subject in statement.subjects[:3]),
        )
    return ModelSignature(
        resources=() if sharded else resources, root=root, ignored=ignored, sharded=sharded, shard_size=shard_size
    )


def _root(digests: Sequence[Digest]) -> Digest:
    return Digest(hex=hashlib.sha256(b"".join(digest.raw for digest in digests)).hexdigest())


def _check_kind(statement: Statement) -> None:
    if statement.predicate_type == OLDEST:
        raise MalformedEvidence(
            "this is a model signature of version 0.1, which has no root digest and an ambiguous envelope",
            code="signature-too-old",
            expected=MODEL_SIGNATURE,
            found=OLDEST,
            hint="sign the model again",
        )
    if statement.predicate_type != MODEL_SIGNATURE:
        raise MalformedEvidence(
            "this is no model signature", expected=MODEL_SIGNATURE, found=statement.predicate_type[:120]
        )


def _serialisation(value: Any) -> tuple[int | None, tuple[str, ...]]:
    """The size of the shards, where it is over shards, and the ignored paths."""
    if not isinstance(value, dict):
        raise MalformedEvidence("the model signature does not say how its files were hashed")
    method, algorithm = value.get("method"), value.get("hash_type")
    if method in _METHODS and isinstance(algorithm, str) and algorithm in _OTHER_HASHES:
        raise Refusal(
            f"the model signature is over {algorithm} digests, which attest does not read",
            code="hash-unsupported",
            expected="hash_type sha256",
            found=algorithm,
            hint="ask whoever signed it for a signature over SHA-256, which every OMS reader has to read",
        )
    if method not in _METHODS or algorithm != "sha256":
        raise MalformedEvidence(
            "the model signature uses another serialisation",
            expected="method files or shards, hash_type sha256",
            found=f"{method}, {algorithm}"[:120],
        )
    known = _SERIALISATION_KEYS | {"shard_size"} if method == "shards" else _SERIALISATION_KEYS
    if unknown := sorted(set(value) - known):
        raise MalformedEvidence("the model signature has unknown serialisation fields", found=unknown[0][:80])
    return shards.read_size(value.get("shard_size")) if method == "shards" else None, _ignored(value)


def _ignored(value: dict[str, Any]) -> tuple[str, ...]:
    if not isinstance(value.get("allow_symlinks", False), bool):
        raise MalformedEvidence("allow_symlinks is neither true nor false")
    ignored = value.get("ignore_paths", [])
    if not isinstance(ignored, list) or not all(isinstance(path, str) for path in ignored):
        raise MalformedEvidence("the ignored paths are no list of text")
    for path in ignored:
        if path in {"", ".", "/"} or _PATTERN & set(path) or ".." in path.split("/"):
            raise MalformedEvidence(
                "an ignored path covers more than a name", code="ignore-too-wide", found=repr(path[:80])
            )
    return tuple(ignored)


def _resources(value: Any, shard_size: int | None) -> tuple[Resource, ...]:
    if not isinstance(value, list) or not value:
        raise MalformedEvidence("the model signature lists no files: it would fit any folder", code="no-resources")
    if shard_size is not None and len(value) > limits.SHARDS_PER_SIGNATURE:
        raise MalformedEvidence(
            "the model signature has too many shards",
            code="content-too-large",
            expected=f"at most {limits.SHARDS_PER_SIGNATURE}",
            found=str(len(value)),
        )
    algorithm = "sha256"
    if shard_size is not None and isinstance(value[0], dict) and value[0].get("algorithm") != algorithm:
        algorithm = f"sha256-sharded-{shard_size}"
    resources = tuple(_resource(item, algorithm) for item in value)
    names = [resource.path for resource in resources]
    if len(set(names)) != len(names):
        raise MalformedEvidence("the model signature names a file twice", code="duplicate-name")
    if shard_size is None and names not in (sorted(names), sorted(names, key=PurePosixPath)):
        raise _unordered()
    return resources


def _join(resources: Sequence[Resource], size: int) -> tuple[ShardedFile, ...]:
    names = [resource.path for resource in resources]
    ranges = [shards.read_name(name) for name in names]
    joined = shards.join(zip(ranges, (resource.digest for resource in resources), strict=True), size=size)
    if not shards.in_known_order(ranges, names):
        raise _unordered()
    return joined


def _unordered() -> MalformedEvidence:
    return MalformedEvidence("the files are in no known order", code="unordered-names", expected="code-point order")


def _resource(value: Any, algorithm: str) -> Resource:
    """One entry; fields that we do not know are ignored, as the spec asks (5.2.1)."""
    match value:
        case {"name": str(name), "algorithm": str(said), "digest": str(digest)} if said == algorithm:
            try:
                return Resource(path=name, digest=Digest(hex=digest))
            except BadReference as error:
                raise MalformedEvidence(
                    f"the digest of {name[:80]!r} is no SHA-256", expected=error.expected, found=digest[:80]
                ) from error
        case _:
            raise MalformedEvidence(f"a signed file needs a name and a {algorithm} digest", found=str(value)[:120])


def _check_names(names: list[str]) -> None:
    if names == [THE_FILE]:  # alone it is no path, and no folder has a file of that name
        return
    from attest.model.names import check_paths  # noqa: PLC0415  # the rules of names are the model's

    try:
        check_paths(names)
    except ModelError as error:
        raise MalformedEvidence(
            f"the model signature: {error.message}", code=error.code, expected=error.expected, found=error.found
        ) from error
