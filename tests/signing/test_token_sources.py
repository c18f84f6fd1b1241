"""Where a token comes from: the order, and that a broken one is never passed over for the next."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import id as ambient
import pytest
from msgspec.structs import replace

from attest.errors import AttestError, CredentialError, NoSigningKey, ServiceError
from attest.signing.services import Kind
from attest.signing.token_sources import TokenChoice, find_token
from tests.services.patience import impatient_with
from tests.signing.keyless_scene import OPTIONS
from tests.signing.token_samples import NOW, jwt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from attest.signing.tokens import Token
    from tests.services.sigstore.instance import Sigstore

MARKS = ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "GOOGLE_SERVICE_ACCOUNT_NAME")


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*MARKS, "SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def find(tmp_path: Path) -> Callable[..., Token]:
    def found(*, at: datetime | None = NOW, **choice: Any) -> Token:
        known = {"environment": {}, "mounted": tmp_path / "none", "options": OPTIONS}
        return find_token(TokenChoice(**{**known, **choice}), now=lambda: at or datetime.now(UTC))

    return found


def code(find: Callable[..., Token], **choice: Any) -> str:
    with pytest.raises(AttestError) as caught:
        find(**choice)
    assert "eyJ" not in f"{caught.value.message} {caught.value.found} {caught.value.looked_in}"
    return caught.value.code


def test_there_is_none_anywhere(find: Callable[..., Token], tmp_path: Path) -> None:
    with pytest.raises(NoSigningKey) as caught:
        find()
    assert caught.value.code == "no-credential"
    assert str(caught.value.looked_in) == (
        f"--identity-token, $ATTEST_IDENTITY_TOKEN, $SIGSTORE_ID_TOKEN, the CI's own identity, {tmp_path}/none"
    )


def test_the_order(find: Callable[..., Token], tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    mounted.write_text(jwt(sub="mounted") + "\n")
    environment = {"ATTEST_IDENTITY_TOKEN": jwt(sub="ours"), "SIGSTORE_ID_TOKEN": jwt(sub="theirs")}
    everything = {
        "named": jwt(sub="named"),
        "environment": environment,
        "mounted": mounted,
        "person": lambda: jwt(sub="person"),
    }
    assert find(**everything).origin == "--identity-token"
    del everything["named"]
    assert find(**everything).origin == "$ATTEST_IDENTITY_TOKEN"
    del environment["ATTEST_IDENTITY_TOKEN"]
    assert find(**everything).origin == "$SIGSTORE_ID_TOKEN"
    environment.clear()
    assert find(**everything).origin == str(mounted)
    mounted.unlink()
    assert find(**everything).origin == "the login"


def test_a_token_may_be_named_by_its_file(find: Callable[..., Token], tmp_path: Path) -> None:
    file = tmp_path / "projected token"
    file.write_text(jwt() + "\n")
    assert find(named=str(file)).raw == jwt()
    assert find(environment={"ATTEST_IDENTITY_TOKEN": str(file)}).raw == jwt()


@pytest.mark.parametrize("named", ["eyJ.cut", "/nowhere/token", "x" * 5000, "a\0b", "~nobody-here/token"])
def test_what_is_neither_token_nor_file_is_not_repeated(find: Callable[..., Token], named: str) -> None:
    with pytest.raises(CredentialError) as caught:
        find(named=named, person=jwt)
    assert caught.value.code == "broken-credential"
    assert named not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"two words", b"x" * 200_000])
def test_a_file_that_holds_no_token(find: Callable[..., Token], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert code(find, named=str(tmp_path / "file")) == "broken-credential"
    assert code(find, mounted=tmp_path / "file", person=jwt) == "broken-credential"


def test_an_expired_token_is_not_passed_over(find: Callable[..., Token]) -> None:
    environment = {"ATTEST_IDENTITY_TOKEN": jwt(exp=1), "SIGSTORE_ID_TOKEN": jwt()}
    assert code(find, environment=environment) == "token-expired"


# --- the CI's own identity


def test_a_github_job_gets_a_token(
    find: Callable[..., Token], sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    github(monkeypatch, sigstore)
    assert find(at=None).origin == "this CI job"


def test_a_github_job_whose_token_service_fails_once_gets_a_token(
    find: Callable[..., Token], sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    github(monkeypatch, sigstore)
    sigstore.fault("oidc", "status", status=503, times=1)
    assert find(at=None).issuer == sigstore.url
    assert sigstore.asked("oidc") == 2


def test_a_github_job_whose_token_service_fails(
    find: Callable[..., Token], sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    github(monkeypatch, sigstore)
    sigstore.fault("oidc", "status", status=503)
    with pytest.raises(ServiceError) as caught:
        find(at=None, person=jwt)
    assert caught.value.code == "oidc-failed"


def test_a_github_job_without_the_permission_does_not_ask_a_person(
    find: Callable[..., Token], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(CredentialError) as caught:
        find(person=jwt)
    assert caught.value.code == "broken-credential"
    assert "id-token: write" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("down", {}, "oidc-unreachable"),
        ("slow", {}, "oidc-unreachable"),
        ("drip", {}, "oidc-unreachable"),
        ("endless", {}, "oidc-answer"),
        ("status", {"status": 500}, "oidc-failed"),
        ("status", {"status": 403}, "oidc-refused"),
        ("status", {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}, "oidc-refused"),
        ("garbage", {}, "oidc-answer"),
        ("garbage", {"body": "{}"}, "oidc-answer"),
        ("garbage", {"body": '{"value": 5}'}, "oidc-answer"),
        ("garbage", {"body": '{"value": "no token"}'}, "oidc-answer"),
    ],
)
def test_a_github_job_whose_token_service_is_in_trouble(  # noqa: PLR0917  # pytest passes by name
    find: Callable[..., Token],
    sigstore: Sigstore,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    more: dict[str, Any],
    expected: str,
) -> None:
    github(monkeypatch, sigstore)
    sigstore.fault("oidc", kind, **more)
    impatient_with(monkeypatch, Kind.OIDC, kind)
    assert code(find, at=None, person=jwt) == expected


def test_a_github_job_s_secret_is_not_repeated(
    find: Callable[..., Token], sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    github(monkeypatch, sigstore)
    sigstore.fault("oidc", "status", status=403, body="no token for request-token")
    with pytest.raises(ServiceError) as caught:
        find(at=None)
    assert caught.value.found == "no token for …"


@pytest.mark.parametrize("address", ["http://token.test/x?a=1", "token.test", ""])
def test_a_github_job_whose_token_service_has_no_address(
    find: Callable[..., Token], monkeypatch: pytest.MonkeyPatch, sigstore: Sigstore, address: str
) -> None:
    github(monkeypatch, sigstore)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", address)
    assert code(find, at=None) in {"service-without-tls", "bad-service-address", "broken-credential"}


def test_a_github_job_is_not_asked_offline(
    find: Callable[..., Token], sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    github(monkeypatch, sigstore)
    assert code(find, at=None, options=replace(OPTIONS, offline=True)) == "offline"
    assert sigstore.asked("oidc") == 0


def test_another_ci_that_never_answers_has_an_end(find: Callable[..., Token], monkeypatch: pytest.MonkeyPatch) -> None:
    """`id` runs Buildkite's agent and waits for it without an end."""
    never = threading.Event()
    monkeypatch.setattr(ambient, "detect_credential", lambda _: never.wait(20))
    quick = replace(OPTIONS, timing=replace(OPTIONS.timing, budget=0.2))
    assert code(find, options=quick, person=jwt) == "oidc-unreachable"
    never.set()


@pytest.mark.parametrize("mark", ["GITLAB_CI", "BUILDKITE", "CIRCLECI"])
def test_other_jobs_without_a_token_are_broken_and_not_without(
    find: Callable[..., Token], monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    monkeypatch.setenv(mark, "true")
    assert code(find, person=jwt) == "broken-credential"


def test_a_gitlab_job_gets_its_token(find: Callable[..., Token], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", jwt())
    assert find().origin == "this CI job"


def test_the_ci_can_be_left_out(find: Callable[..., Token], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    assert find(ambient=False, person=jwt).origin == "the login"


def github(monkeypatch: pytest.MonkeyPatch, sigstore: Sigstore) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{sigstore.url}/github?api-version=2")
