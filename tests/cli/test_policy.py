from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from attest.cli.main import main
from attest.policy.document import load_policy
from attest.policy.starting import waiting
from attest.signing.keyfile import generate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    generate(tmp_path / "alice.key", tmp_path / "alice.pub", passphrase=None)
    return tmp_path


@pytest.mark.parametrize("profile", ["development", "key"])
def test_a_new_policy_with_a_key_is_sound_and_commented(
    profile: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "init", "--key", "alice.pub", "--profile", profile]) == 0
    text = (here / "policy.yaml").read_text()
    assert "#" in text
    (here / "alice.pub").unlink()  # the key is in the policy
    assert len(load_policy(here / "policy.yaml").keys) == 1
    assert main(["policy", "check", "policy.yaml"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("policy.yaml is sound        sha256:")


def test_a_new_policy_without_a_key_is_not_sound_until_one_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "init", "--out", "team.yaml"]) == 0
    assert main(["policy", "check", "team.yaml"]) == 2
    assert "policy-bad-key" in capsys.readouterr().err
    (here / "team.yaml").write_text((here / "team.yaml").read_text().replace("PUBLIC_KEY.pub", "alice.pub"))
    assert main(["policy", "check", "team.yaml"]) == 0


def test_a_policy_that_exists_is_not_replaced(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "policy.yaml").write_text("mine")
    assert main(["policy", "init", "--key", "alice.pub"]) == 2
    assert "error[file-exists]" in capsys.readouterr().err
    assert (here / "policy.yaml").read_text() == "mine"


def test_cases_that_exist_are_not_replaced_and_nothing_is_half_written(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "policy.cases.yaml").write_text("mine")
    assert main(["policy", "init", "--key", "alice.pub"]) == 2
    assert "error[file-exists]" in capsys.readouterr().err
    assert not (here / "policy.yaml").exists()


@pytest.mark.parametrize("profile", ["development", "key", "staging", "production", "air-gapped", "regulated"])
def test_a_team_s_own_policy_passes_the_cases_of_its_profile(
    profile: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = []
    for name in waiting(profile):
        generate(here / f"{name}.key", here / f"{name}.pub", passphrase=None)
        keys += ["--key", f"{name}={name}.pub"]
    assert main(["policy", "init", "--profile", profile, *keys]) == 0
    if profile == "regulated":  # nobody is named yet who proves times
        assert main(["policy", "check", "policy.yaml"]) == 2
        assert "error[policy-no-root]" in capsys.readouterr().err
    else:
        assert main(["policy", "check", "policy.yaml"]) == 0
    assert main(["policy", "test", "policy.yaml"]) == 0
    assert "all as expected" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("profile", "offered"),
    [("development", ""), ("staging", "`deny`"), ("production", "`deny` and `revocations`"), ("air-gapped", "`deny`")],
)
def test_what_a_profile_leaves_out_is_said_and_can_be_put_in(
    profile: str, offered: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (*waiting(profile), "security"):
        generate(here / f"{name}.key", here / f"{name}.pub", passphrase=None)
    keys = [f"--key={name}={name}.pub" for name in waiting(profile)]
    assert main(["policy", "init", "--profile", profile, *keys]) == 0
    said = capsys.readouterr().err
    assert ("not asked for yet" in said) == bool(offered)
    assert offered in said
    lines = (here / "policy.yaml").read_text().splitlines()
    end = next((index for index, line in enumerate(lines) if line.startswith("# deny:")), len(lines))
    asked = [line.removeprefix("# ").replace("sha256:…", f"sha256:{'0' * 64}") for line in lines[end:]]
    text = "\n".join([*lines[:end], *asked]).replace("identities:", "identities:\n  security: {key: security.pub}", 1)
    (here / "policy.yaml").write_text(text + "\n")
    assert main(["policy", "check", "policy.yaml"]) == 0
    policy = load_policy(here / "policy.yaml")
    assert (bool(policy.deny), policy.revocations is not None) == (
        "deny" in offered,
        "# revocations:" in "\n".join(lines),
    )


def test_two_names_with_one_key_are_refused_when_they_are_checked(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = ["--key", "alice.pub", "--key", "approver=alice.pub"]
    assert main(["policy", "init", "--profile", "production", *keys]) == 0
    assert main(["policy", "check", "policy.yaml"]) == 2
    assert "error[policy-same-key]" in capsys.readouterr().err


def test_a_case_that_comes_out_differently_is_shown_and_ends_with_1(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "init", "--key", "alice.pub"]) == 0
    cases = here / "policy.cases.yaml"
    cases.write_text(cases.read_text().replace("expect: [code-bearing-file]", "expect: allowed"))
    capsys.readouterr()
    assert main(["policy", "test", "policy.yaml"]) == 1
    shown = capsys.readouterr()
    assert "13 cases in 1 file, 1 not as expected" in shown.out
    assert "found      code-bearing-file" in shown.err
    assert main(["policy", "test", "policy.yaml", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert not document["as_expected"]
    (wrong,) = [case for case in document["files"][0]["cases"] if not case["as_expected"]]
    assert (wrong["expected"], wrong["found"]) == ("allowed", ["code-bearing-file"])


def test_a_folder_of_policies_is_tried_out_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "init", "--key", "alice.pub", "--out", "a.yaml"]) == 0
    assert main(["policy", "init", "--key", "alice.pub", "--out", "b.yaml"]) == 0
    capsys.readouterr()
    assert main(["policy", "test", ".", "a.yaml"]) == 0
    assert "26 cases in 2 files, all as expected" in capsys.readouterr().out


def test_a_private_key_is_not_written_into_a_policy(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "init", "--key", "alice.key"]) == 2
    assert "error[private-key-given]" in capsys.readouterr().err
    assert not (here / "policy.yaml").exists()


def test_a_mistake_is_an_error_document_under_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["policy", "init", "--key", "alice.pub"])
    text = (here / "policy.yaml").read_text().replace("  signature:", "  signatur:")
    (here / "policy.yaml").write_text(text)
    capsys.readouterr()
    assert main(["policy", "check", "policy.yaml", "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["code"] == "policy-unknown-key"
    assert document["hint"] == "did you mean 'signature'?"


def test_a_policy_is_explained_in_numbered_sentences(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "explain", "--profile", "key"]) == 0
    shown = capsys.readouterr().out
    assert "A version may be used when all of this holds:\n   1  its model signature covers exactly its files" in shown
    assert main(["policy", "explain", "--profile", "key", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["demands"]) == 6


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["explain"], "usage"),
        (["explain", "a.yaml", "--profile", "key"], "usage"),
        (["explain", "--profile", "kee"], "policy-unknown-profile"),
        (["check", "absent.yaml"], "policy-unreadable"),
        (["init", "--profile", "prodution", "--out", "x.yaml"], "policy-unknown-profile"),
        (["init", "--key", "bob=alice.pub", "--out", "x.yaml"], "unknown-identity"),
        (["init", "--key", "alice.pub", "--key", "alice.pub", "--out", "x.yaml"], "usage"),
        (["init", "--key", "alice.pub", "--key", "publisher=alice.pub", "--out", "x.yaml"], "usage"),
        (["test", "absent.yaml"], "policy-no-cases"),
        (["test"], "usage"),
        (["init", "--key", "absent.pub", "--out", "x.yaml"], "key-not-found"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_code(
    arguments: list[str], code: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", *arguments]) == 2
    assert f"error[{code}]" in capsys.readouterr().err
    assert not (here / "x.yaml").exists()
