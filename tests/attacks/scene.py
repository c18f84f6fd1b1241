"""A host with an operator-given policy, and everything around it in the attacker's hands.

The host runs the real program: the door of the command line in this process, and `attest exec` as a process of its
own. Its registry is a `FakeRegistry` whose memory the attacker writes to as he likes. Evidence is signed with real
keys; where an attack needs words by the trusted key (a careless signer), it gets them, so that one check alone stands
between.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from attest import verbs
from attest.claims import mlbom, provenance, signature
from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PROVENANCE
from attest.claims.training import Build, Operation, Training
from attest.cli.main import main
from attest.errors import AttestError
from attest.evidence.attach import referrer
from attest.publish import ReadFolder, read_folder
from attest.signing import keyfile
from attest.signing.bundle import sign_statement
from attest.signing.uri import open_signer
from attest.trust.identity import load_trusted_key
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import EMPTY_BYTES, IMAGE_MANIFEST, Descriptor
from attest_registry.oci.manifest import Manifest
from tests.attacks import record
from tests.verify.evidence import Person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from attest.claims.statement import Statement
    from attest.model.manifest import ModelManifest
    from tests.services.fake_registry import FakeRegistry

MODEL: Final = "demo/model"
_HEADER: Final = b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'.ljust(64)


def weights(fill: bytes = b"w") -> bytes:
    """A safetensors file; the same size for every `fill`."""
    return len(_HEADER).to_bytes(8, "little") + _HEADER + fill * 16


FILES: Final[Mapping[str, bytes]] = {
    "README.md": b"# A model\n",
    "config.json": b'{"model_type": "mlp"}\n',
    "model.safetensors": weights(),
}
TRAINING: Final = Training(
    build=Build(builder="urn:attest:builders:local:v1", finished="2026-11-20T21:04:00Z"), operation=Operation.TRAIN
)


def person(folder: Path, name: str) -> Person:
    """Somebody with a key pair in `folder`."""
    keyfile.generate(folder / f"{name}.key", folder / f"{name}.pub", passphrase=None)
    signer = open_signer(str(folder / f"{name}.key"), passphrase=lambda _: None)
    return Person(signer=signer, key=load_trusted_key(folder / f"{name}.pub"))  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a command came to."""

    status: int
    code: str | None
    document: Mapping[str, Any]
    err: str


@dataclass(frozen=True, kw_only=True)
class Release:
    """A version that somebody made, with what is claimed about it.

    Args:
        model: its model's name.
        files: path → bytes.
        folder: the same after the real reader of folders.
        claims: predicate type → statement.
    """

    model: str
    files: Mapping[str, bytes]
    folder: ReadFolder
    claims: Mapping[str, Statement]

    @property
    def digest(self) -> Digest:
        return self.folder.artefact.digest

    @property
    def document(self) -> dict[str, Any]:
        """A copy of its manifest to change."""
        found: dict[str, Any] = json.loads(self.folder.artefact.manifest.raw)
        return found

    def signed_by(self, who: Person, *kinds: str) -> list[bytes]:
        """Bundles of its claims, all of them where no kinds are named."""
        return [sign_statement(self.claims[kind], who.signer) for kind in kinds or self.claims]


def claims_of(files: ModelManifest, digest: Digest, *, model: str = MODEL) -> dict[str, Statement]:
    """What an honest push would claim of these files under this manifest."""
    where: dict[str, Any] = {"model": model, "manifest_digest": digest, "oms_root": files.oms_root}
    return {
        MODEL_SIGNATURE: signature.build(files, name=model),
        PROVENANCE: provenance.build(TRAINING, **where),
        ML_BOM: mlbom.build(
            TRAINING,
            files,
            timestamp="2026-11-20T21:04:05Z",
            serial="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            **where,
        ),
    }


@dataclass(kw_only=True)
class Registry:
    """The attacker's registry.

    Args:
        fake: what answers.
    """

    fake: FakeRegistry
    model: str = MODEL

    @property
    def name(self) -> str:
        return f"{self.fake.host}/{self.model}"

    def put_blob(self, data: bytes) -> Digest:
        digest = Digest.of(data)
        self.fake.blobs[(self.model, str(digest))] = data
        return digest

    def put_manifest(self, content: Mapping[str, Any] | bytes, *, tag: str | None = None) -> Digest:
        """Keep a manifest, however wrong it is, and point a tag at it."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        digest = Digest.of(raw)
        self.fake.manifests[(self.model, str(digest))] = (IMAGE_MANIFEST, raw)
        if tag is not None:
            self.fake.tags[(self.model, tag)] = str(digest)
        return digest

    def attach(self, bundles: Sequence[bytes], subject: Digest, *, predicate_type: str = "anything") -> None:
        """List bundles as evidence of a manifest, whatever they are about."""
        self.put_blob(EMPTY_BYTES)
        size = len(self.fake.manifests.get((self.model, str(subject)), ("", b""))[1])
        about = Descriptor(media_type=IMAGE_MANIFEST, digest=subject, size=size)
        for bundle in bundles:
            self.put_blob(bundle)
            made = referrer(bundle, subject=about, predicate_type=predicate_type, created=None)
            self.put_manifest(made.raw)

    def serve(self, release: Release, *, bundles: Sequence[bytes], tag: str = "1") -> str:
        """Serve a version as it is; the reference."""
        for data in (*release.files.values(), release.folder.artefact.config or b""):
            self.put_blob(data)
        digest = self.put_manifest(release.folder.artefact.manifest.raw, tag=tag)
        self.attach(bundles, digest)
        return f"{self.name}:{tag}"

    def strip(self, subject: Digest, *, keep: int = 0) -> None:
        """Lose the evidence of a version but for its first pieces."""
        found = [
            key
            for key, (_, raw) in self.fake.manifests.items()
            if (json.loads(raw).get("subject") or {}).get("digest") == str(subject)
        ]
        for key in found[keep:]:
            del self.fake.manifests[key]


@dataclass(kw_only=True)
class Scene:
    """The host and its people.

    Args:
        folder: where the host's person stands.
        fake: the registry.
        alice: trusted.
        mallory: not trusted.
    """

    folder: Path
    fake: FakeRegistry
    alice: Person
    mallory: Person
    registry: Registry = field(init=False)

    def __post_init__(self) -> None:
        self.registry = Registry(fake=self.fake)

    @property
    def by_key(self) -> tuple[str, str]:
        return "--key", str(self.alice.key.origin)

    # ---- making things

    def release(self, files: Mapping[str, bytes] = FILES, *, model: str = MODEL) -> Release:
        """A version of these files, honestly claimed."""
        root = self.folder / "home" / "made" / Digest.of(repr(sorted(files.items())).encode()).hex[:12]
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        folder = read_folder(root)
        claims = claims_of(folder.manifest, folder.artefact.digest, model=model)
        return Release(model=model, files=dict(files), folder=folder, claims=claims)

    def served(self, release: Release | None = None, *kinds: str, tag: str = "1") -> str:
        """The reference of a version that the registry serves with evidence by alice."""
        chosen = release or self.release()
        return self.registry.serve(chosen, bundles=chosen.signed_by(self.alice, *kinds), tag=tag)

    def vouched(self, content: Mapping[str, Any] | bytes, files: ModelManifest, *, tag: str = "1") -> str:
        """The reference of any manifest at all, for which alice has signed everything as if it were honest."""
        digest = self.registry.put_manifest(content, tag=tag)
        claims = claims_of(files, digest)
        self.registry.attach([sign_statement(claim, self.alice.signer) for claim in claims.values()], digest)
        return f"{self.registry.name}:{tag}"

    def policy(self, require: str, *, more: str = "formats: any", **people: Person) -> tuple[str, str]:
        """`--policy` with a document of the operator's."""
        named = people or {"alice": self.alice}
        identities = ", ".join(f"{name}: {{key: {who.key.origin}}}" for name, who in named.items())
        text = (
            f"apiVersion: attest/v1\nkind: Policy\nname: test\nidentities: {{{identities}}}\n"
            f"require: {{{require}}}\n{more}\n"
        )
        path = self.folder / "home" / f"policy-{Digest.of(text.encode()).hex[:12]}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return "--policy", str(path)

    def forget_logs(self) -> None:
        """As on a new host: nothing is remembered of any log."""
        for path in (self.folder / "home" / "state" / "logs").glob("*"):
            path.unlink()

    # ---- using the program

    def run(self, *arguments: str) -> Outcome:
        """The real command line; `--json` goes in front of what follows `--`."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main([*arguments, "--json"])
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode())
        assert status != 5, f"attest itself failed: {' '.join(arguments)}\n{texts[0]}{texts[1]}"
        document = json.loads(texts[0]) if texts[0] else {}
        return Outcome(status=status, code=_code(document), document=document, err=texts[1])

    def execute(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`attest exec …` as a process of its own."""
        given = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
        return subprocess.run(
            [sys.executable, "-m", "attest", "exec", *arguments],
            cwd=self.folder,
            env=given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def names(self) -> set[str]:
        """Everything in the host's folder but its home, and what its cache holds of models."""
        here = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}
        kept = {name for name in here if name.partition("/")[0] not in {"home", "docker", "store"}}
        return kept | {name for name in here if name.startswith(("home/cache/models/sha256/", "home/cache/handover/"))}

    def honest(self, *arguments: str) -> Outcome:
        """Do it, and demand that it is allowed. What a pull wrote is removed again."""
        outcome = self.run(*arguments)
        record.note(honest=True, outcome="allowed" if outcome.status == 0 else "refused", code=outcome.code)
        assert outcome.status == 0, f"the honest case was refused: {outcome}"
        if arguments[0] == "pull":
            remove(self.folder / arguments[2])
        return outcome

    def attack(self, *arguments: str, code: str, status: int) -> Outcome:
        """Do it, and demand that it is refused for this reason and that nothing is left behind."""
        before = self.names()
        outcome = self.run(*arguments)
        through = outcome.status == 0
        self.judge(outcome=record.GOT_THROUGH if through else "refused", code=outcome.code, status=outcome.status)
        assert not through, f"the attack got through: {outcome.document}"
        assert (outcome.code, outcome.status) == (code, status), outcome
        left = self.names() - before
        if status == 4:  # what had come by then waits for the next run, in a private folder, never under its name
            left = {name for name in left if not name.startswith(".attest-") and ".parts" not in name}
        assert not left, f"left behind: {left}"
        return outcome

    def attack_folder(self, *arguments: str) -> Outcome:
        """Judge a folder that is not what was signed: TAMPERED, exit status 3, one finding per file."""
        outcome = self.run(*arguments)
        through = outcome.status == 0
        self.judge(outcome=record.GOT_THROUGH if through else "refused", code=outcome.code, status=outcome.status)
        assert (outcome.code, outcome.status) == ("tampered", 3), outcome
        return outcome

    def honest_pull(self, reference: str, *trust: str) -> Mapping[str, bytes]:
        """Pull, demand that it is allowed, and give out what came."""
        outcome = self.run("pull", reference, "out", *(trust or self.by_key))
        record.note(honest=True, outcome="allowed" if outcome.status == 0 else "refused", code=outcome.code)
        assert outcome.status == 0, f"the honest case was refused: {outcome}"
        found = contents(self.folder / "out")
        remove(self.folder / "out")
        return found

    def pull(self, reference: str, *trust: str, code: str, status: int) -> Outcome:
        """An attacked pull."""
        return self.attack("pull", reference, "out", *(trust or self.by_key), code=code, status=status)

    def load(self, reference: str) -> Mapping[str, bytes]:
        """What `attest.load` gives out, from the cache where it can."""
        return contents(verbs.load(reference, key=self.alice.key.origin).path)

    def refused_load(self, reference: str, *, code: str, status: int) -> None:
        """An attacked load."""
        found: AttestError | None = None
        try:
            self.load(reference)
        except AttestError as error:
            found = error
        seen, ended = (found.code, found.exit_status) if found else (None, 0)
        self.judge(outcome="refused" if found else record.GOT_THROUGH, code=seen, status=ended)
        assert (seen, ended) == (code, status), found

    def honest_exec(self, reference: str, *trust: str) -> None:
        done = self.execute("--model", reference, *(trust or self.by_key), "--", "touch", "started")
        self.noted_honest((self.folder / "started").exists(), done.stderr)
        (self.folder / "started").unlink()

    def exec(self, reference: str, *trust: str, status: int) -> None:
        """The command must not start, and the status of the refusal shows through."""
        before = self.names()
        done = self.execute("--model", reference, *(trust or self.by_key), "--", "touch", "started")
        assert not (self.folder / "started").exists(), "the command was started"
        assert done.returncode == 120 + status, done.stderr
        assert done.stderr.rstrip().endswith("the command was not started")
        assert not self.names() - before

    def noted_honest(self, done: bool, why: str) -> None:  # what was done, and what was said if not
        """Keep, and demand, that the honest case was allowed."""
        record.note(honest=True, outcome="allowed" if done else "refused")
        assert done, f"the honest case was refused: {why}"

    def judge(self, *, outcome: str, code: str | None, status: int | None = None) -> None:
        """Keep what became of an attack."""
        record.note(honest=False, outcome=outcome, code=code, status=status)

    def harmless(self, holds: bool, *, why: str) -> None:  # reads as a sentence where it is used
        """An attack that need not be refused, because it changes nothing."""
        self.judge(outcome="harmless" if holds else record.GOT_THROUGH, code=why)
        assert holds, f"the attack got through: not {why}"


def contents(folder: Path) -> dict[str, bytes]:
    """Path → bytes of every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if not path.is_dir()}


def remove(folder: Path) -> None:
    """Remove what a pull wrote."""
    shutil.rmtree(folder)


def overwrite(path: Path, data: bytes) -> None:
    """Change a read-only file where it is."""
    path.chmod(0o600)
    path.write_bytes(data)


def parsed(content: Mapping[str, Any]) -> Manifest:
    """A manifest as the program would read it."""
    return Manifest.parse(json.dumps(content).encode(), what="the attacker's manifest")


def _code(document: Mapping[str, Any]) -> str | None:
    """The stable code that a program would act on: of the error, or of the first finding that failed."""
    if "code" in document:
        return str(document["code"])
    if str(document.get("schema")).startswith("attest/folder-verdict/"):  # its findings are about files, not rules
        return str(document["verdict"])
    codes = [finding.get("code") for finding in document.get("findings", []) if finding.get("code")]
    return str(codes[0]) if codes else None
