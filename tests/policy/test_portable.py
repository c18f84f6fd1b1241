from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.claims.canonical import canonical_json
from attest.errors import AttestError, PolicyError
from attest.policy import explain, shipped, starting
from attest.policy.document import load_policy
from attest.policy.key_rows import TABLE
from attest.policy.keys import Shape
from attest.policy.portable import MOST_BYTES, load_portable, portable
from attest.signing.algorithms import new_private_key
from attest.signing.fingerprint import fingerprint
from attest.trust.identity import TrustedKey
from attest.trust.managed_key import ManagedKey
from tests.policy.whole import OTHER, WHOLE, changed, nodes, write_files

if TYPE_CHECKING:
    from attest.policy.requirements import Policy

PROFILES = [name for name in shipped.names() if name != "key"]
REF = {"by": "bot", "ref": "registry.example.com/security", "min-sequence": 3}
CARRIED: dict[str, Any] = changed(WHOLE, ("revocations",), REF)
HEAD = {"apiVersion": "attest/v1", "kind": "Policy"}
REQUIRE = {"provenance": {"by": "ci"}, "signature": {"by": "ci"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(tmp_path)
    return tmp_path


def write(folder: Path, document: dict[str, Any], name: str = "policy.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def key(name: str) -> TrustedKey:
    public = new_private_key().public_key()
    return TrustedKey(name=name, public_key=public, fingerprint=fingerprint(public), origin=name)


def carried(path: Path) -> bytes:
    """The portable form, and it is the same policy."""
    raw, policy = portable(path), load_policy(path)
    again = load_portable(raw)
    assert again.digest == policy.digest
    assert in_words(again) == in_words(policy)
    assert dict(explain.identities(again)) == dict(explain.identities(policy))
    return raw


def in_words(policy: Policy) -> list[list[str]]:
    """What it demands; an object of JSON has no order, and so neither have roles in a sentence."""
    return sorted(sorted(re.findall(r"[\w-]+", sentence)) for sentence in explain.sentences(policy))


# what can be carried


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_can_be_carried(tmp_path: Path, profile: str) -> None:
    text = starting.new_policy(profile, {name: key(name) for name in starting.waiting(profile)})
    path = tmp_path / "policy.yaml"
    if profile == "regulated":  # it needs somebody who proves times
        write_files(tmp_path)
        text = text.replace("require:", "trust: {root: root.json}\nrequire:", 1)
    path.write_text(text)
    carried(path)


@pytest.mark.parametrize("document", [CARRIED, OTHER], ids=["whole", "other"])
def test_a_policy_with_every_key_can_be_carried(folder: Path, document: dict[str, Any]) -> None:
    raw = carried(write(folder, document))
    text = raw.decode()
    assert not [
        name for name in ("ci.pub", "root.json", "acme.json", "ca.pem", "tsa.pem", "base.yaml") if f'"{name}"' in text
    ]
    assert '"extends"' not in text


def test_keys_stand_in_it_as_text(folder: Path) -> None:
    value = json.loads(carried(write(folder, CARRIED)))
    assert value["identities"]["ci"]["key"].startswith("-----BEGIN PUBLIC KEY-----\n")
    assert value["identities"]["ci"]["not-after"] == "2030-12-31"
    assert value["identities"]["release"]["root"].startswith("-----BEGIN CERTIFICATE-----\n")
    assert value["trust"]["root"] == (folder / "root.json").read_text()
    assert value["trust"]["roots"] == {"acme": (folder / "acme.json").read_text()}


def test_nothing_in_it_is_a_path(folder: Path) -> None:
    """Whoever adds a key that names a file has to say here how it is carried along."""
    rows = {row.path for row in TABLE.rows if Shape.FILE in row.shapes}
    text = {"identities.*.key", "identities.*.root", "trust.root", "trust.tsa-chain", "trust.roots.*"}
    documents = {row for row in rows if row.endswith(".satisfies")}
    assert rows == text | documents | {"extends", "revocations.file"}
    for document in (CARRIED, OTHER):
        value = json.loads(portable(write(folder, document)))
        for path, said in nodes(value):
            where = TABLE.path_of(path)
            assert where not in text or str(said).startswith(("-----BEGIN ", "{"))
            assert where not in documents or isinstance(said, dict) or said == "same"


def test_keys_that_stood_in_it_as_text_stay(folder: Path) -> None:
    pem = (folder / "ci.pub").read_text()
    document = HEAD | {"name": "x", "identities": {"ci": {"key": f"\n{pem}"}}, "require": REQUIRE, "formats": "any"}
    assert json.loads(carried(write(folder, document)))["identities"]["ci"]["key"] == pem


def test_what_it_extends_is_in_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, HEAD | {"name": "b", "identities": {"ci": {"key": "ci.pub"}}, "require": REQUIRE}, "base.yaml")
    path = write(folder, HEAD | {"name": "t", "extends": "../base.yaml", "formats": "any"}, "team/policy.yaml")
    raw = carried(path)
    monkeypatch.chdir(folder)
    assert portable(Path("team/policy.yaml")) == raw


def test_policies_for_ancestors_are_in_it(folder: Path) -> None:
    ci = {"identities": {"ci": {"key": "../ci.pub"}}, "require": REQUIRE, "formats": "any"}
    write(folder, HEAD | {"name": "third"} | ci, "below/third.yaml")
    write(folder, HEAD | {"name": "second", "lineage": {"datasets": {"satisfies": "third.yaml"}}} | ci, "below/2.yaml")
    own = {"identities": {"ci": {"key": "ci.pub"}}, "require": REQUIRE, "formats": "any"}
    lineage = {"base-model": {"satisfies": "below/2.yaml", "depth": 2}, "teacher-model": {"satisfies": "same"}}
    value = json.loads(carried(write(folder, HEAD | {"name": "first", "lineage": lineage} | own)))
    second = value["lineage"]["base-model"]["satisfies"]
    assert second["name"] == "second"
    assert second["lineage"]["datasets"]["satisfies"]["name"] == "third"
    assert value["lineage"]["teacher-model"]["satisfies"] == "same"


def test_it_is_one_spelling_wherever_the_files_lie(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("elsewhere")
    (other / "keys").mkdir()
    (other / "keys/own.pub").write_bytes((folder / "ci.pub").read_bytes())
    document = HEAD | {"name": "x", "identities": {"ci": {"key": "ci.pub"}}, "require": REQUIRE, "formats": "any"}
    moved = changed(document, ("identities", "ci", "key"), "keys/own.pub")
    assert portable(write(folder, document)) == portable(write(other, moved))


def test_when_a_key_counts_and_who_proves_times_is_carried(folder: Path) -> None:
    (ci,) = load_portable(portable(write(folder, CARRIED))).identities["ci"].keys
    assert isinstance(ci, ManagedKey)
    assert ci.root is not None
    assert ci.needs_time


_opened: list[str] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _opened is not None:
        _opened.append(str(arguments[0]))


sys.addaudithook(_watch)


def test_reading_it_opens_no_file(folder: Path) -> None:
    global _opened  # noqa: PLW0603  # a hook stays for the whole process
    raw = portable(write(folder, CARRIED))
    load_portable(raw)  # whatever is imported for it is imported now
    _opened = []
    try:
        load_portable(raw)
        assert _opened == []
        load_policy(folder / "policy.yaml")
        assert _opened != []
    finally:
        _opened = None


# what cannot


def refusal(action: Any, *arguments: Any) -> AttestError:
    with pytest.raises(PolicyError) as caught:
        action(*arguments)
    assert caught.value.exit_status == 2
    return caught.value


def test_a_feed_in_a_file_cannot_be_carried(folder: Path) -> None:
    error = refusal(portable, write(folder, WHOLE))
    assert error.code == "policy-not-portable"
    assert "ref: HOST/NAME" in str(error.expected)


def test_nor_can_one_of_a_policy_for_ancestors(folder: Path) -> None:
    feed = {"revocations": {"by": "ci", "file": "feed.json"}}
    own = {"identities": {"ci": {"key": "ci.pub"}}, "require": REQUIRE, "formats": "any"}
    write(folder, HEAD | {"name": "below"} | own | feed, "below.yaml")
    document = HEAD | {"name": "x", "lineage": {"base-model": {"satisfies": "below.yaml"}}} | own
    assert refusal(portable, write(folder, document)).code == "policy-not-portable"


@pytest.mark.parametrize("profile", shipped.names())
def test_a_profile_that_waits_for_keys_cannot_be_carried(profile: str) -> None:
    assert refusal(portable, shipped.path_of(profile)).code == "policy-key-given"


def test_a_policy_that_is_not_sound_cannot_be_carried(folder: Path) -> None:
    assert refusal(portable, write(folder, changed(CARRIED, ("zzz",), True))).code == "policy-unknown-key"
    assert refusal(portable, folder / "missing.yaml").code == "policy-unreadable"


def test_one_that_is_too_large_cannot_be_carried(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attest.policy.portable.MOST_BYTES", 2_000)
    assert refusal(portable, write(folder, CARRIED)).code == "policy-not-portable"


def test_a_file_that_changes_meanwhile_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(folder, CARRIED)
    root = folder / "root.json"

    def changing(where: Path) -> str:
        return where.read_text() + "\n"

    monkeypatch.setattr("attest.policy.portable._text", changing)
    assert refusal(portable, path).code == "policy-not-portable"
    assert root.is_file()


PKI = {"root": "ca.pem", "subject": "a@b.example", "time": "not-required"}
SOUND: dict[str, Any] = HEAD | {"name": "x", "require": REQUIRE, "formats": "any"}


def sound(**more: Any) -> dict[str, Any]:
    public = new_private_key().public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return SOUND | {"identities": {"ci": {"key": pem}}} | more


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"not json",
        canonical_json(sound()) + b"\n",
        canonical_json(sound()).replace(b'"name":"x"', b'"name": "x"'),
        canonical_json(sound()).replace(b'"formats":"any",', b'"formats":"any","formats":"any",'),
        canonical_json(sound()).replace(b'"any"', b"1.5"),
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b" " * (MOST_BYTES + 1),
    ],
    ids=range(10),
)
def test_another_form_is_refused(raw: bytes) -> None:
    assert refusal(load_portable, raw).code == "policy-not-portable"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (sound(extends="base.yaml"), "policy-not-portable"),
        (sound(revocations={"by": "ci", "file": "feed.json"}), "policy-not-portable"),
        (sound(identities={"ci": {"key": "ci.pub"}}), "policy-bad-key"),
        (sound(identities={"ci": {"key": "given"}}), "policy-key-given"),
        (sound(trust={"root": "root.json"}), "policy-bad-root"),
        (sound(trust={"tsa-chain": "tsa.pem"}), "policy-bad-root"),
        (sound(identities={"ci": PKI}), "policy-bad-authority"),
        (sound(lineage={"base-model": {"satisfies": "below.yaml"}}), "policy-bad-ancestor-policy"),
        (sound(lineage={"base-model": {"satisfies": {}}}), "policy-bad-ancestor-policy"),
        (sound(lineage={"base-model": {"satisfies": sound(extends="x")}}), "policy-bad-ancestor-policy"),
        (sound(lineage={"base-model": {"satisfies": None}}), "policy-wrong-type"),
        (sound(zzz=1), "policy-unknown-key"),
        (SOUND, "policy-missing-key"),
        (sound(kind="Cases"), "policy-wrong-kind"),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_not_whole_in_it_is_refused(
    folder: Path, document: dict[str, Any], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)  # where the files are that it must not read
    write(folder, SOUND | {"identities": {"ci": {"key": "ci.pub"}}}, "below.yaml")
    assert refusal(load_portable, canonical_json(document)).code == code


def test_it_goes_no_deeper_than_files_do() -> None:
    document = sound()
    for _ in range(9):
        document = sound(lineage={"base-model": {"satisfies": document}})
    assert refusal(load_portable, canonical_json(document)).code == "policy-bad-ancestor-policy"
