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
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attest import verbs
from attest.cli.main import main
from attest.errors import AttestError
from attest.publish import read_folder
from attest.signing import keyfile
from attest.signing.bundle import sign_statement
from attest.signing.uri import open_signer
from attest.trust.identity import load_trusted_key
from attest_registry.digest import Digest
from tests.attacks import record
from tests.attacks.hostile_registry import Registry
from tests.attacks.pulled_files import contents, remove
from tests.attacks.release import FILES, MODEL, Release, claims_of
from tests.verify.evidence import Person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from attest.model.manifest import ModelManifest
    from tests.services.fake_registry import FakeRegistry


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


def _code(document: Mapping[str, Any]) -> str | None:
    """The stable code that a program would act on: of the error, or of the first finding that failed."""
    if "code" in document:
        return str(document["code"])
    if str(document.get("schema")).startswith("attest/folder-verdict/"):  # its findings are about files, not rules
        return str(document["verdict"])
    codes = [finding.get("code") for finding in document.get("findings", []) if finding.get("code")]
    return str(codes[0]) if codes else None
