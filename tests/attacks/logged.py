"""A scene in which a model has a log: its people changed it with the real program, and the registry is the attacker's.

He can lay any events where the log lies, old ones and ones of his own, put tags back, and hold evidence back. Where he
needs words by somebody with a role (a careless or hostile approver), he gets them.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attest_registry.catalogue.store import Catalogue
from attest_registry.digest import Digest
from attest_registry.oci.remote import RemoteRepository
from tests.attacks.release import FILES, weights
from tests.attacks.scene import Scene
from tests.lifecycle.house import Clock, House

if TYPE_CHECKING:
    from pathlib import Path

    from attest.claims.event import Event
    from attest.lifecycle.log import Log
    from tests.attacks.scene import Outcome
    from tests.services.fake_registry import FakeRegistry
    from tests.verify.evidence import Person


class Now(Clock):
    """The real time: the program has no other one."""

    def __call__(self) -> datetime:
        self.now = datetime.now(UTC)
        return self.now


@dataclass(kw_only=True)
class Logged:
    """One model with a log.

    Args:
        scene: the host.
        bob: may promote; alice is admin and contributes.
    """

    scene: Scene
    bob: Person
    attacker: House = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Give the attacker his tools."""
        scene = self.scene
        self.name = scene.registry.name
        folder = scene.folder / "home" / "attacker"
        folder.mkdir(parents=True)
        self.attacker = House(
            repository=RemoteRepository(scene.fake.host, scene.registry.model),
            catalogue=Catalogue.open(str(folder / "catalogue.db")),
            folder=folder,
            clock=Now(now=datetime.now(UTC)),
            alice=scene.alice,
            bob=self.bob,
            mallory=scene.mallory,
        )

    def begin(self) -> None:
        """Let alice push two versions, and bob put the second one into production."""
        home = self.scene.folder / "home"
        (home / "config.toml").write_text("single_writer = true\n")  # alice and bob share this machine
        self.push(b"1", "--label", "1.0.0")
        self.by(self.scene.alice, "role", "grant", self.name, "approver", str(self.bob.key.origin))
        self.push(b"2", "--label", "1.4.0")
        self.promote(2)

    def close(self) -> None:
        self.attacker.close()

    # ---- honest people

    def by(self, who: Person, *words: str) -> dict[str, Any]:
        """Do something in somebody's name, and demand that it is done."""
        outcome = self.scene.run(*words, "--key", str(who.key.origin).replace(".pub", ".key"), "--yes")
        assert outcome.status == 0, (words, outcome)
        return dict(outcome.document)

    def push(self, fill: bytes, *more: str) -> Digest:
        folder = self.scene.folder / "home" / f"made-{fill.hex()}"
        folder.mkdir()
        for path, data in {**FILES, "model.safetensors": weights(fill)}.items():
            (folder / path).write_bytes(data)
        return Digest.parse(self.by(self.scene.alice, "push", str(folder), self.name, *more)["digest"])

    def promote(self, number: int, alias: str = "production") -> None:
        self.by(self.bob, "promote", f"{self.name}:{number}", "--to", alias)

    # ---- the host

    def trust(self, more: str = "") -> tuple[str, str]:
        """A policy for whatever alice published, which knows whose log it has to be."""
        demands = "".join(f", {more}") if more else ""
        return self.scene.policy(
            "signature: {by: [alice]}, provenance: {by: [alice]}, ml-bom: {by: [alice]}",
            more=f"formats: any\nlog: {{admins: [alice]{demands}}}",
        )

    def digest_of(self, number: int) -> Digest:
        """The manifest that was registered under a number."""
        found = self.attacker.read("looking").place.registered(number)
        assert found is not None
        return found.manifest

    def production(self) -> str:
        return f"{self.name}@production"

    def honest(self, reference: str | None = None, *trust: str) -> Outcome:
        return self.scene.honest("verify", reference or self.production(), *(trust or self.trust()))

    def attack(self, *trust: str, code: str, status: int, reference: str | None = None) -> Outcome:
        return self.scene.pull(reference or self.production(), *(trust or self.trust()), code=code, status=status)

    def forget(self) -> None:
        """As on a new host: nothing is remembered of any log."""
        self.scene.forget_logs()

    # ---- the attacker

    def read(self) -> Log:
        return self.attacker.read("attacker")

    def tags(self) -> dict[tuple[str, str], str]:
        """What the tags point at now; `back` puts it back."""
        return dict(self.scene.fake.tags)

    def back(self, tags: dict[tuple[str, str], str]) -> None:
        self.scene.fake.tags.clear()
        self.scene.fake.tags.update(tags)

    def untag(self, tag: str) -> None:
        del self.scene.fake.tags[self.scene.registry.model, tag]

    def lay(self, *events: tuple[Event, Person]) -> None:
        """Lay events behind the log, each signed by somebody."""
        forged = [self.attacker.forged(event, signed_by=person) for event, person in events]
        self.attacker.put([*self.attacker.bundles(), *forged])

    def lose(self, subject: Digest, claim: Digest) -> bytes:
        """Lose one piece of evidence, by the digest of its words; the bundle."""
        from attest.evidence.collect import collect
        from attest.signing.bundle import Bundle

        for piece in collect(self.attacker.repository, subject).evidence:
            if Digest.of(Bundle.parse(piece.raw).payload) != claim:
                continue
            for key, (_, raw) in list(self.scene.fake.manifests.items()):
                layers = [each["digest"] for each in json.loads(raw).get("layers", [])]
                if layers == [str(piece.digest)]:
                    del self.scene.fake.manifests[key]
                    return piece.raw
        raise AssertionError(f"there is no claim {claim}")


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A registry with a model's log, and the home of whoever made it; each test begins with a copy.

    Args:
        fake: the registry.
        home: the folder.
        kept: what the registry had.
    """

    fake: FakeRegistry
    home: Path
    kept: tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any]]

    @classmethod
    def of(cls, logged: Logged) -> Begun:
        fake = logged.scene.fake
        logged.close()
        shutil.rmtree(logged.scene.folder / "home" / "attacker")
        kept = (dict(fake.blobs), dict(fake.manifests), dict(fake.tags))
        return cls(fake=fake, home=logged.scene.folder / "home", kept=kept)

    def again(self, folder: Path, alice: Person, bob: Person, mallory: Person) -> Logged:
        """The same once more, in another folder."""
        places: tuple[dict[Any, Any], ...] = (self.fake.blobs, self.fake.manifests, self.fake.tags)
        for place, content in zip(places, self.kept, strict=True):
            place.clear()
            place.update(content)
        self.fake.faults.clear()
        shutil.copytree(self.home, folder / "home")
        return Logged(scene=Scene(folder=folder, fake=self.fake, alice=alice, mallory=mallory), bob=bob)
