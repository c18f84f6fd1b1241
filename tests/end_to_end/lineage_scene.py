"""A teacher, its student and the student's tuned successor, pushed by the real program into a store of this machine."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from attest.claims import provenance, revocations
from attest.claims.predicates import LOCAL_BUILDER, PROVENANCE
from attest.claims.revocations import Kind, Revocation, Scope
from attest.claims.statement import Statement
from attest.claims.training import Build, Input, Operation, Role, Standing, Training
from attest.cli.main import main
from attest.evidence.attach import attach
from attest.evidence.collect import collect
from attest.pushing import push
from attest.signing import keyfile
from attest.signing.bundle import Bundle, sign_statement
from attest.signing.uri import open_signer
from attest_registry.digest import Digest
from attest_registry.oci.layout import LayoutRepository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


NOW = datetime.now(UTC).replace(microsecond=0)
HEAD = """apiVersion: attest/v1
kind: Policy
name: production
identities:
  publisher: {key: publisher.pub}
  vendor: {key: vendor.pub}
  security: {key: security.pub}
require:
  signature: {by: [publisher]}
  provenance: {by: [publisher]}
  ml-bom: {by: [publisher], consistent: true}
formats: any
"""
PEOPLE = ("publisher", "vendor", "security", "mallory")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command came to."""

    status: int
    document: Mapping[str, Any]

    @property
    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["findings"]
        return found

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """Rule and code of whatever stands in the way."""
        return [(each["rule"], each["code"]) for each in self.findings if each["status"] in {"failed", "unknown"}]

    def of(self, rule: str) -> list[dict[str, Any]]:
        return [each for each in self.findings if each["rule"] == rule]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A folder with keys, policies and pushed models; it is the working folder, and ATTEST_HOME is inside."""

    folder: Path
    digests: dict[str, Digest]

    def push(self, name: str, *, key: str = "publisher", **said: Any) -> Digest:
        place = self.folder / f"files-{name.replace('/', '-')}"
        place.mkdir(exist_ok=True)
        (place / "config.json").write_text(json.dumps({"model_type": name}))
        pushed = push(str(place), name, key=str(self.folder / f"{key}.key"), **said)
        self.digests[name] = Digest.parse(pushed.digest)
        return self.digests[name]

    def attest(self, *words: str) -> None:
        """A command, with files of this folder by their names."""
        placed = [str(self.folder / word) if (self.folder / word).is_file() else word for word in words]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
            assert main(placed) == 0, said.getvalue()

    def policy(self, *lines: str, head: str = HEAD, name: str = "production.yaml") -> str:
        path = self.folder / name
        path.write_text(head + "\n".join(lines) + "\n")
        return str(path)

    def verify(self, reference: str, policy: str) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(["verify", reference, "--policy", policy, "--json"])
        return Answer(status=status, document=json.loads(out.getvalue() or err.getvalue()))

    def feed(self, *entries: Revocation, by: str = "security", name: str = "feed.json", **values: Any) -> Statement:
        """Issue a feed and put it beside the policy."""
        signer = open_signer(str(self.folder / f"{by}.key"), passphrase=lambda _: None)
        arguments: dict[str, Any] = {"sequence": 1, "issued": NOW - timedelta(hours=1), "valid": timedelta(days=1)}
        own = {"key": {"sha256": signer.fingerprint.hex}}
        statement = revocations.build(entries, **({"by": own} | arguments | values))
        (self.folder / name).write_bytes(sign_statement(statement, signer))
        return statement

    def revoked(self, value: Any, kind: Kind = Kind.MANIFEST, **values: Any) -> Revocation:
        arguments: dict[str, Any] = {
            "since": NOW - timedelta(days=1),
            "reason": "trained on leaked data",
            "scope": Scope.DESCENDANTS,
        }
        return Revocation(kind=kind, value=value, **(arguments | values))

    def attach(self, name: str, statement: Statement, *, by: str = "publisher") -> None:
        """One more claim about a version in the store, signed."""
        signer = open_signer(str(self.folder / f"{by}.key"), passphrase=lambda _: None)
        repository = self.repository(name)
        subject = repository.resolve("1")
        bundle = sign_statement(statement, signer)
        attach(repository, [(bundle, statement.predicate_type)], subject=subject, created=None)

    def tell(self, name: str, operation: Operation, *inputs: Input, by: str = "publisher") -> None:
        """One more provenance of a version, by a careless signer or one who lost his key."""
        training = Training(
            build=Build(builder=LOCAL_BUILDER, finished="2026-11-20T21:04:00Z"), operation=operation, inputs=inputs
        )
        root = Digest(hex=self.claim(name, PROVENANCE)["subject"][1]["digest"]["sha256"])
        told = provenance.build(training, model=name, manifest_digest=self.digests[name], oms_root=root)
        self.attach(name, told, by=by)

    def input(self, role: Role, name: str) -> Input:
        """A pushed model as an input of another one."""
        return Input(
            role=role, name=role.value, standing=Standing.UNVERIFIED, digest=self.digests[name], uri=f"attest:{name}"
        )

    def claim(self, name: str, predicate_type: str) -> dict[str, Any]:
        """What a version's claim of a type says, as JSON to change."""
        repository = self.repository(name)
        for piece in collect(repository, repository.resolve("1").digest).evidence:
            statement = Statement.parse(Bundle.parse(piece.raw).payload)
            if statement.predicate_type == predicate_type:
                document: dict[str, Any] = json.loads(statement.raw)
                return document
        raise KeyError(predicate_type)

    def repository(self, name: str) -> LayoutRepository:
        return LayoutRepository(self.folder / "home/store", name)

    def forget(self, name: str) -> None:
        """The store loses a model."""
        (self.folder / "home/store" / name).rename(self.folder / f"gone-{name.replace('/', '-')}")


def make_scene(folder: Path) -> Scene:
    """Keys of everybody, and three generations of models of which all but the last are the publisher's."""
    for name in PEOPLE:
        keyfile.generate(folder / f"{name}.key", folder / f"{name}.pub", passphrase=None)
    (folder / "tx.csv").write_text("1,2\n")
    scene = Scene(folder=folder, digests={})
    data: dict[str, Any] = {"datasets": {"tx": str(folder / "tx.csv")}}
    scene.push("acme/large", operation="train", **data)
    scene.push("acme/student", operation="distill", teacher="acme/large:1", **data)
    scene.push("acme/tuned", operation="fine-tune", base="acme/student:1", **data)
    return scene
