"""Push, verify, load: the main job as a person does it, on every store."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.end_to_end.conftest import WEIGHTS

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Place
    from tests.end_to_end.shell import Shell

PINNED = re.compile(r"\S+:1@sha256:[0-9a-f]{64}\n")


def pushed(place: Place) -> str:
    place.shell.attest("keygen", "--out", "K")
    name = place.name("demo/model:1")
    printed = place.shell.attest("push", "model", name, "--key", "K/attest.key")
    assert PINNED.fullmatch(printed.out), printed.out
    return name


def test_push_then_verify_by_the_key(place: Place) -> None:
    name = pushed(place)
    printed = place.shell.attest("verify", name, "--key", "K/attest.pub")
    assert "ALLOWED" in printed.out
    assert "not read" in printed.out


def test_another_key_is_denied(place: Place) -> None:
    name = pushed(place)
    place.shell.attest("keygen", "--out", "other")
    printed = place.shell.attest("verify", name, "--key", "other/attest.pub", expect=1)
    assert "DENIED" in printed.all
    assert "expected" in printed.all


def test_no_key_is_a_usage_error_and_never_verified(place: Place) -> None:
    name = pushed(place)
    printed = place.shell.attest("verify", name, expect=2)
    assert "error[no-trust]" in printed.err
    assert printed.out == ""


def test_a_changed_byte_stops_pull_and_leaves_no_file(place: Place) -> None:
    name = pushed(place)
    place.flip_last_byte(WEIGHTS)
    printed = place.shell.attest("pull", name, "out", "--key", "K/attest.pub", expect=3)
    assert "error[digest-mismatch]" in printed.err
    assert not (place.shell.folder / "out").exists()
    left = {path.name for path in place.shell.folder.iterdir()}
    assert left <= {"K", "home", "model", "docker", "registry"}


def test_verify_full_notices_the_changed_byte_too(place: Place) -> None:
    name = pushed(place)
    place.flip_last_byte(WEIGHTS)
    place.shell.attest("verify", name, "--key", "K/attest.pub")
    printed = place.shell.attest("verify", name, "--key", "K/attest.pub", "--full", expect=3)
    assert "TAMPERED" in printed.all


def test_json_carries_verdict_digest_and_findings(place: Place) -> None:
    name = pushed(place)
    document = json.loads(place.shell.attest("verify", name, "--key", "K/attest.pub", "--json").out)
    assert document["verdict"] == "allowed"
    assert document["digest"].startswith("sha256:")
    assert {finding["rule"] for finding in document["findings"]} >= {"signature", "provenance", "formats"}


def test_json_is_one_document_for_refusals_and_errors_too(place: Place) -> None:
    name = pushed(place)
    place.shell.attest("keygen", "--out", "other")
    denied = json.loads(place.shell.attest("verify", name, "--key", "other/attest.pub", "--json", expect=1).out)
    assert denied["verdict"] == "denied"
    error = json.loads(place.shell.attest("verify", name, "--json", expect=2).out)
    assert (error["schema"], error["code"]) == ("attest/error/v1", "no-trust")


def test_pull_gives_exactly_the_signed_files(place: Place) -> None:
    name = pushed(place)
    printed = place.shell.attest("pull", name, "out", "--key", "K/attest.pub")
    reference, tab, folder = printed.out.strip().partition("\t")
    assert (tab, folder) == ("\t", "out")
    assert reference.startswith(name)
    out = place.shell.folder / "out"
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        path.name: path.read_bytes() for path in (place.shell.folder / "model").iterdir()
    }
    place.shell.attest("pull", name, "out", "--key", "K/attest.pub")


def test_exec_runs_the_command_on_the_verified_folder(place: Place) -> None:
    name = pushed(place)
    printed = place.shell.attest("exec", "--model", name, "--key", "K/attest.pub", "--", "ls", "{model}")
    assert printed.out.split() == ["README.md", "config.json", "model.safetensors"]


def test_exec_does_not_start_after_a_changed_byte_though_it_did_before(place: Place) -> None:
    name = pushed(place)
    place.shell.attest("exec", "--model", name, "--key", "K/attest.pub", "--", "ls", "{model}")
    place.flip_last_byte(WEIGHTS)
    printed = place.shell.attest("exec", "--model", name, "--key", "K/attest.pub", "--", "touch", "started", expect=123)
    assert not (place.shell.folder / "started").exists()
    assert printed.err.rstrip().endswith("the command was not started")


def test_exec_hands_over_the_commands_own_status(place: Place) -> None:
    name = pushed(place)
    place.shell.attest("exec", "--model", name, "--key", "K/attest.pub", "--", "sh", "-c", "exit 7", expect=7)


def test_pushing_again_changes_nothing(place: Place) -> None:
    name = pushed(place)
    first = place.shell.attest("ls", place.name("demo/model"), "-q").out
    printed = place.shell.attest("push", "model", name, "--key", "K/attest.key")
    assert "already there" in printed.err
    assert place.shell.attest("ls", place.name("demo/model"), "-q").out == first


def test_a_number_never_changes_its_content_and_a_label_only_with_force(place: Place) -> None:
    pushed(place)
    shell, model = place.shell, place.name("demo/model")
    shell.attest("push", "model", f"{model}:first", "--key", "K/attest.key")
    (shell.folder / "model/config.json").write_text('{"model_type": "other"}\n')
    assert "version-exists" in shell.attest("push", "model", f"{model}:1", "--key", "K/attest.key", expect=2).err
    assert "version-exists" in shell.attest("push", "model", f"{model}:first", "--key", "K/attest.key", expect=2).err
    printed = shell.attest("push", "model", f"{model}:first", "--key", "K/attest.key", "--force")
    assert "moved    label first" in printed.err
    assert ":2@sha256:" in printed.out


def test_push_without_a_version_takes_the_next_number(place: Place) -> None:
    pushed(place)
    (place.shell.folder / "model/config.json").write_text('{"model_type": "other"}\n')
    assert ":2@sha256:" in place.shell.attest("push", "model", place.name("demo/model"), "--key", "K/attest.key").out


def test_a_teacher_is_resolved_in_its_store_and_shown_in_the_tree(place: Place) -> None:
    name = pushed(place)
    (place.shell.folder / "model/config.json").write_text('{"model_type": "student"}\n')
    student = place.name("demo/student")
    place.shell.attest("push", "model", student, "--key", "K/attest.key", "--teacher", name, "--operation", "distill")
    document = json.loads(place.shell.attest("show", f"{student}:1", "--key", "K/attest.pub", "--json").out)
    teacher = next(node for node in document["lineage"] if node["role"] == "teacher-model")
    digest = json.loads(place.shell.attest("show", name, "--json").out)["digest"]
    assert (teacher["digest"], teacher["standing"], teacher["verified"]) == (digest, "unverified", True)


def test_what_is_shown_says_why_nothing_of_it_is_verified(place: Place) -> None:
    name = pushed(place)
    place.shell.attest("keygen", "--out", "other")

    def reasons(*words: str) -> set[str]:
        shown = json.loads(place.shell.attest("show", name, "--json", *words).out)
        assert not shown["verified"]
        return {each["why_not"] for each in shown["evidence"]}

    assert reasons() == {"no-trust: nobody was named to check it against"}
    assert all(why.startswith("signer-not-trusted: ") for why in reasons("--key", "other/attest.pub"))


def test_the_same_from_python(shell: Shell) -> None:
    import subprocess
    import sys

    shell.attest("keygen", "--out", "K")
    script = (
        "import attest\n"
        "done = attest.push('model', 'demo/model', key='K/attest.key', params={'seed': 42})\n"
        "print(done.number)\n"
        "print(attest.verify(done.reference, key='K/attest.pub').word)\n"
        "model = attest.load('demo/model:1', key='K/attest.pub')\n"
        "print(sorted(p.name for p in model.path.iterdir()), len(model.facts))\n"
        "try:\n"
        "    attest.load('demo/model:1')\n"
        "except attest.AttestError as error:\n"
        "    print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=shell.folder,
        env=shell.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "1",
        "ALLOWED",
        "['README.md', 'config.json', 'model.safetensors'] 4",
        "no-trust",
    ]
