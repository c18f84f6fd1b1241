"""`attest push` with each signing service in trouble, as it is typed: exit status 4, words that help, nothing kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.signing import services
from attest.signing.services import Kind
from tests.end_to_end.conftest import make_model
from tests.services.patience import PATIENT, impatient_with
from tests.services.sigstore.instance import PERSON
from tests.trust.trust_scene import Person

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Printed
    from tests.services.sigstore.instance import Sigstore

HOUR = 3600
FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "slow": ("slow", {}, "unreachable"),
    "down": ("down", {}, "unreachable"),
    "4xx": ("status", {"status": 400, "body": '{"message": "not like this"}'}, "refused"),
    "5xx": ("status", {"status": 500, "body": '{"message": "out of order"}'}, "failed"),
    "garbage": ("garbage", {}, "answer"),
}
CLOCKS = {
    ("fulcio", HOUR): "certificate-expired",
    ("fulcio", -HOUR): "clock-skew",
    ("tsa", HOUR): "tsa-clock",
    ("tsa", -HOUR): "tsa-clock",
}
OTHERS = {
    "fulcio": ("caUrls", "fulcio-not-trusted"),
    "rekor": ("rekorTlogUrls", "log-unknown"),
    "tsa": ("tsaUrls", "timestamp-invalid"),
}


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ATTEST_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(services, "PATIENCE", PATIENT)
    make_model(tmp_path / "model")
    return Person(home=tmp_path / "home", capsys=capsys)


def push(person: Person, config: Path, token: str, *, expect: int) -> Printed:
    words = ("--keyless", "--trust-config", str(config), "--identity-token", token)
    return person.types("push", "model", "demo/model", *words, expect=expect)


def refused(person: Person, config: Path, token: str) -> tuple[str, str]:
    """Code and words of the error; nothing is in the store."""
    complaint = push(person, config, token, expect=4).complaint
    assert person.types("ls", "-q").out == ""
    return complaint.code, " ".join([complaint.message, *complaint.details.values(), complaint.hint])


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
def test_a_keyless_push(  # noqa: PLR0917  # pytest passes by name
    person: Person, sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch, service: str, fault: str, version: int
) -> None:
    kind, more, code = FAULTS[fault]
    token = sigstore.token(**PERSON)
    sigstore.fault(service, kind, **more)
    with monkeypatch.context() as here:
        impatient_with(here, Kind(service), kind)
        found, words = refused(person, sigstore.trust_config(version), token)
    assert found == f"{service}-{code}"
    assert sigstore.url.removeprefix("http://") in words
    assert json.loads(more.get("body", '{"message": ""}'))["message"] in words
    sigstore.heal()
    push(person, sigstore.trust_config(version), token, expect=0)  # the same command, once the service is back


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("service", OTHERS)
def test_a_keyless_push_answered_with_another_instance_s_keys(  # noqa: PLR0917  # pytest passes by name
    person: Person, sigstore: Sigstore, other_sigstore: Sigstore, tmp_path: Path, service: str, version: int
) -> None:
    field, code = OTHERS[service]
    mixed = json.loads(sigstore.trust_config(version).read_text())
    strange = json.loads(other_sigstore.trust_config(version).read_text())
    mixed["signingConfig"][field] = strange["signingConfig"][field]
    (tmp_path / "mixed.json").write_text(json.dumps(mixed))
    asked = other_sigstore if service == "fulcio" else sigstore
    assert refused(person, tmp_path / "mixed.json", asked.token(**PERSON))[0] == code


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("service", "seconds"), CLOCKS)
def test_a_keyless_push_where_a_clock_is_an_hour_off(
    person: Person, sigstore: Sigstore, service: str, seconds: int, version: int
) -> None:
    token = sigstore.token(**PERSON)
    sigstore.fault(service, "skew", seconds=seconds)
    assert refused(person, sigstore.trust_config(version), token)[0] == CLOCKS[service, seconds]


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_a_keyless_push_where_the_log_is_an_hour_off(person: Person, sigstore: Sigstore, seconds: int) -> None:
    """Rekor v1 states a time; v2 states none, and its clock matters to nobody."""
    token = sigstore.token(**PERSON)
    sigstore.fault("rekor", "skew", seconds=seconds)
    assert refused(person, sigstore.trust_config(1), token)[0] in {"certificate-expired", "log-window"}
    push(person, sigstore.trust_config(2), token, expect=0)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("service", "version"), [("rekor", "1"), ("rekor", "2"), ("tsa", "2")])
def test_a_push_with_a_key_that_asks_for_proofs(  # noqa: PLR0917  # pytest passes by name
    person: Person, sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch, service: str, version: str, fault: str
) -> None:
    person.types("keygen")
    kind, more, code = FAULTS[fault]
    impatient_with(monkeypatch, Kind(service), kind)
    sigstore.fault(service, kind, **more)
    proofs = ("--tsa", sigstore.timestamps, "--rekor", sigstore.url, "--rekor-version", version)
    complaint = person.types("push", "model", "demo/model", *proofs, expect=4).complaint
    assert complaint.code == f"{service}-{code}"
    assert person.types("ls", "-q").out == ""
