"""Logins as docker, podman and their helpers save them, and as we save them."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest_registry.errors import BadReference, Unauthorised
from attest_registry.oci import credential_helpers, credentials, login
from attest_registry.oci.credentials import find

HOST = "registry.example.com"

_HELPER = """#!/bin/sh
# a credential helper that keeps one file per server
cd "$(dirname "$0")" || exit 1
case "$1" in
  get) server=$(cat); file="kept-$(printf %s "$server" | tr -c 'a-zA-Z0-9\\n' _)"
       if [ -f "$file" ]; then cat "$file"; else echo "credentials not found in native keychain"; exit 1; fi ;;
  store) text=$(cat); server=$(printf %s "$text" | sed 's/.*"ServerURL": "\\([^"]*\\)".*/\\1/')
       printf %s "$text" > "kept-$(printf %s "$server" | tr -c 'a-zA-Z0-9\\n' _)" ;;
  erase) server=$(cat); rm -f "kept-$(printf %s "$server" | tr -c 'a-zA-Z0-9\\n' _)" ;;
esac
"""


def _auth(user: str = "alice", password: str = "s3cret") -> dict[str, str]:  # noqa: S107
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def _write(path: Path, document: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def _who(repository: str = "", host: str = HOST) -> str | None:
    found = find(host, repository)
    return None if found is None else f"{found.username}:{found.password}"


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker-credential-test"
    program.write_text(_HELPER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return program


def test_nobody_logged_in(own_home: Path) -> None:
    assert find(HOST) is None


@pytest.mark.parametrize(
    "form",
    [HOST, f"https://{HOST}", f"https://{HOST}/", f"https://{HOST}/v1/", f"https://{HOST}/v2/", f"http://{HOST}"],
)
def test_each_form_of_a_host_is_found(docker_config: Path, form: str) -> None:
    _write(docker_config, {"auths": {form: _auth()}})
    assert _who() == "alice:s3cret"


@pytest.mark.parametrize("host", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_is_found_under_its_old_address(docker_config: Path, host: str) -> None:
    _write(docker_config, {"auths": {"https://index.docker.io/v1/": _auth()}})
    assert _who(host=host) == "alice:s3cret"


def test_the_longest_part_of_a_registry_counts(docker_config: Path) -> None:
    entries = {HOST: _auth("all"), f"{HOST}/team": _auth("team"), f"{HOST}/team/model": _auth("model")}
    _write(docker_config, {"auths": entries})
    assert _who("team/model") == "model:s3cret"
    assert _who("team/other") == "team:s3cret"
    assert _who("teammate/model") == "all:s3cret"


def test_a_password_may_hold_colons(docker_config: Path) -> None:
    _write(docker_config, {"auths": {HOST: _auth("alice", "a:b:c")}})
    assert _who() == "alice:a:b:c"


def test_plain_fields_and_tokens_are_read(docker_config: Path) -> None:
    _write(docker_config, {"auths": {HOST: {"username": "alice", "password": "p"}, "b": {"identitytoken": "i"}}})
    assert _who() == "alice:p"
    other = find("b")
    assert other is not None
    assert other.identity_token == "i"


@pytest.mark.parametrize("entry", [{}, {"auth": ""}, {"email": "x"}, [], "text", None])
def test_an_entry_without_a_login_is_none(docker_config: Path, entry: object) -> None:
    _write(docker_config, {"auths": {HOST: entry}})
    assert find(HOST) is None


@pytest.mark.parametrize("host", [f"x{HOST}", f"{HOST}.evil.example", "example.com", f"{HOST}:443"])
def test_a_login_is_for_its_own_host_alone(docker_config: Path, host: str) -> None:
    _write(docker_config, {"auths": {HOST: _auth()}})
    assert find(host) is None


def test_the_order_of_the_files(
    docker_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    _write(own_home / ".config/containers/auth.json", {"auths": {HOST: _auth("podman")}})
    assert _who() == "podman:s3cret"
    _write(tmp_path / "run/containers/auth.json", {"auths": {HOST: _auth("runtime")}})
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    assert _who() == "runtime:s3cret"
    _write(docker_config, {"auths": {HOST: _auth("docker")}})
    assert _who() == "docker:s3cret"
    _write(tmp_path / "other/config.json", {"auths": {HOST: _auth("named")}})
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "other"))
    assert _who() == "named:s3cret"
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(_write(tmp_path / "auth.json", {"auths": {HOST: _auth("file")}})))
    assert _who() == "file:s3cret"
    monkeypatch.setenv("ATTEST_REGISTRY_USER", "environment")
    monkeypatch.setenv("ATTEST_REGISTRY_PASSWORD", "p")
    monkeypatch.setenv("ATTEST_REGISTRY_HOST", HOST)
    assert _who() == "environment:p"


def test_a_login_in_the_environment_is_for_one_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_REGISTRY_USER", "alice")
    monkeypatch.setenv("ATTEST_REGISTRY_PASSWORD", "p")
    with pytest.raises(BadReference, match="for which registry") as caught:
        find(HOST)
    assert caught.value.code == "login-without-host"
    monkeypatch.setenv("ATTEST_REGISTRY_HOST", HOST)
    assert _who() == "alice:p"
    assert find("other.example.com") is None


@pytest.mark.parametrize("text", ["[]", "{", '{"auths": {}, "auths": {}}', '"x"', "\xff\xfe"])
def test_a_configuration_that_cannot_be_read_is_said_and_named(docker_config: Path, text: str) -> None:
    docker_config.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadReference) as refusal:
        find(HOST)
    assert refusal.value.code == "bad-registry-config"
    assert str(docker_config) in refusal.value.message


@pytest.mark.parametrize("encoded", ["!!!", "YWxpY2U=", "/////w==", "YWxp Y2U6eA=="])
def test_a_login_that_cannot_be_decoded_is_said_without_it(docker_config: Path, encoded: str) -> None:
    _write(docker_config, {"auths": {HOST: {"auth": encoded}}})
    with pytest.raises(BadReference) as refusal:
        find(HOST)
    assert refusal.value.code == "bad-registry-config"
    assert encoded not in repr(refusal.value.__dict__)


@given(
    st.dictionaries(
        st.sampled_from(["auths", "credsStore", "credHelpers", HOST]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([HOST, "auth"]), inner, max_size=2)
            ),
            max_leaves=4,
        ),
    )
)
def test_no_configuration_breaks_the_reader(document: dict[str, Any]) -> None:
    try:
        credentials._from_file(document, Path("x"), HOST, "a/b", {"PATH": "/nowhere"})
    except (BadReference, Unauthorised):
        return


# ---- helpers


def test_a_helper_keeps_and_gives_out(helper: Path, docker_config: Path) -> None:
    _write(docker_config, {"credsStore": "test"})
    assert find(HOST) is None
    assert login.save(HOST, "alice", "kept") == "the credential helper test"
    assert _who() == "alice:kept"
    assert json.loads(docker_config.read_text()) == {"credsStore": "test", "auths": {HOST: {}}}
    assert "kept" not in docker_config.read_text()
    assert "the credential helper test" in login.forget(HOST)
    assert find(HOST) is None


def test_the_helper_of_a_host_comes_before_the_general_one(helper: Path, docker_config: Path) -> None:
    _write(docker_config, {"credsStore": "absent", "credHelpers": {HOST: "test"}, "auths": {HOST: _auth("file")}})
    assert _who() == "file:s3cret"
    credential_helpers.store("test", HOST, "special", "p")
    assert _who() == "special:p"


def test_a_helper_that_gives_a_token_is_understood(helper: Path, docker_config: Path) -> None:
    _write(docker_config, {"credsStore": "test"})
    credential_helpers.store("test", HOST, "<token>", "refresh")
    found = find(HOST)
    assert found is not None
    assert (found.identity_token, found.username, found.basic) == ("refresh", "", None)


@pytest.mark.parametrize("name", ["../evil", "a b", "", "-x", "a;b", "a/b", "\x00", "x" * 100])
def test_a_helpers_name_cannot_lead_elsewhere(name: str) -> None:
    with pytest.raises(Unauthorised) as refusal:
        credential_helpers.get(name, HOST)
    assert refusal.value.code == "credential-helper-failed"


@pytest.mark.parametrize(
    "script", ["echo s3cret; exit 1", "echo '[]'", "echo '{}'", "echo not json", "exit 3", "echo '{\"Username\": 1}'"]
)
def test_a_helper_that_fails_is_said_without_what_it_printed(helper: Path, script: str) -> None:
    helper.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(Unauthorised) as refusal:
        credential_helpers.get("test", HOST)
    assert refusal.value.code == "credential-helper-failed"
    assert "s3cret" not in repr(refusal.value.__dict__)


def test_a_helper_that_hangs_is_given_up(helper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper.write_text("#!/bin/sh\nexec sleep 20\n")
    monkeypatch.setattr(credential_helpers, "SECONDS", 0.2)
    with pytest.raises(Unauthorised) as refusal:
        credential_helpers.get("test", HOST)
    assert refusal.value.found == "no answer in 0 s"


def test_a_helper_that_is_not_there_is_named(docker_config: Path) -> None:
    _write(docker_config, {"credsStore": "absent"})
    with pytest.raises(Unauthorised) as refusal:
        find(HOST)
    assert refusal.value.found == "docker-credential-absent is not on the path"


# ---- saving


def test_a_login_is_saved_as_docker_saves_it(own_home: Path) -> None:
    place = login.save(HOST, "alice", "s3cret")
    path = own_home / ".docker/config.json"
    assert place == str(path)
    assert json.loads(path.read_text()) == {"auths": {HOST: _auth()}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith('{\n\t"auths"')


def test_everything_else_in_the_file_stays(docker_config: Path) -> None:
    _write(docker_config, {"HttpHeaders": {"a": "b"}, "auths": {"other": _auth("bob")}, "psFormat": "x"})
    login.save(HOST, "alice", "s3cret")
    login.save("docker.io", "hub", "p")
    document = json.loads(docker_config.read_text())
    assert set(document["auths"]) == {"other", HOST, "https://index.docker.io/v1/"}
    assert document["HttpHeaders"] == {"a": "b"}


def test_a_link_to_the_configuration_stays_a_link(docker_config: Path, tmp_path: Path) -> None:
    docker_config.unlink()
    target = _write(tmp_path / "dotfiles.json", {})
    docker_config.symlink_to(target)
    login.save(HOST, "alice", "s3cret")
    assert docker_config.is_symlink()
    assert HOST in target.read_text()


def test_logging_out_removes_every_form_and_says_where(docker_config: Path) -> None:
    _write(docker_config, {"auths": {HOST: _auth(), f"https://{HOST}/v1/": _auth(), "other": _auth("bob")}})
    assert login.forget(HOST) == [str(docker_config)]
    assert set(json.loads(docker_config.read_text())["auths"]) == {"other"}
    assert login.forget(HOST) == []


def test_a_broken_configuration_is_not_overwritten(docker_config: Path) -> None:
    docker_config.write_text("{broken")
    with pytest.raises(BadReference) as refusal:
        login.save(HOST, "alice", "s3cret")
    assert refusal.value.code == "bad-registry-config"
    assert docker_config.read_text() == "{broken"
