"""Identities match whole and exactly; patterns are anchored, and their stars stop where names end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import PolicyError, SignerNotTrusted
from attest.trust.certificate_identity import CertificateIdentity, SubjectKind
from attest.verify.fulcio import CertificateSigner, FulcioExtensions

ISSUER = "https://token.actions.githubusercontent.com"
WORKFLOW = "https://github.com/acme/models/.github/workflows/train.yml@refs/tags/v1.4.0"


def signer(subject: str, *, issuer: str = ISSUER) -> CertificateSigner:
    return CertificateSigner(
        subject=subject, kind=SubjectKind.URI, issuer=issuer, extensions=FulcioExtensions(values={})
    )


def matches(glob: str, subject: str) -> bool:
    try:
        CertificateIdentity(issuer=ISSUER, subject_glob=glob).check(signer(subject))
    except SignerNotTrusted as error:
        assert error.code == "identity-mismatch"  # noqa: PT017  # both outcomes are asked for
        return False
    return True


@pytest.mark.parametrize(
    "glob",
    [
        WORKFLOW,
        "https://github.com/acme/models/.github/workflows/train.yml@refs/tags/v*",
        "https://github.com/acme/*/.github/workflows/*@refs/tags/*",
        "https://github.com/acme/models/**",
        "**/train.yml@refs/tags/v1.4.0",
    ],
)
def test_patterns_that_match(glob: str) -> None:
    assert matches(glob, WORKFLOW)


@pytest.mark.parametrize(
    ("glob", "subject"),
    [
        ("github", WORKFLOW),  # sigstore-js since 4.1: an unanchored regular expression
        ("https://github.com/acme/models", WORKFLOW),
        ("https://github.com/acme/*", WORKFLOW),
        ("https://github.com/acme/models/**", "https://evil.example/?https://github.com/acme/models/x"),
        ("https://github.com/acme/models/**", "https://github.com/acme/models-evil/x"),
        ("https://github.com/*/models/**", "https://github.com/evil/x/acme/models/y"),
        ("*@example.com", "alice@example.com.evil.org"),
        ("*@example.com", "alice@evil.org/@example.com"),
        ("*@example.com", '"alice@evil.org"@example.com'),
        ("https://github.com/acme/models/**", "https://github.com/acme/models/x\n"),
        ("https://github.com/acme/models/**", "https://github.com/acme/models/\nx"),
        ("https://github.com/acme.models/**", "https://github.com/acme-models/x"),
        ("https://github.com/[ab]cme/**", "https://github.com/acme/x"),
        ("https://github.com/acme/m?dels/**", "https://github.com/acme/models/x"),
        ("spiffe://acme.example/*", "spiffe://acme.example/ci/train"),
        ("spiffe://acme.example/*", "spiffe://acme.example.evil/ci"),
    ],
)
def test_patterns_that_must_not_match(glob: str, subject: str) -> None:
    assert not matches(glob, subject)


@given(
    text=st.text(min_size=3, max_size=40).filter(lambda text: "*" not in text), around=st.text(min_size=1, max_size=9)
)
def test_a_pattern_without_stars_is_the_text_itself(text: str, around: str) -> None:
    assert matches(text, text)
    assert not matches(text, text + around)
    assert not matches(text, around + text)


@pytest.mark.parametrize("glob", ["*", "**", "**/*", "*@*", "a*", "***", "***abc", "x" * 3000])
def test_patterns_that_match_everybody_are_refused(glob: str) -> None:
    with pytest.raises(PolicyError) as error:
        CertificateIdentity(issuer=ISSUER, subject_glob=glob)
    assert error.value.code == "identity-too-wide"


def test_a_star_in_an_exact_subject_is_a_star() -> None:
    with pytest.raises(SignerNotTrusted) as error:
        CertificateIdentity(issuer=ISSUER, subject="https://github.com/acme/**").check(signer(WORKFLOW))
    assert error.value.code == "identity-mismatch"


def test_the_issuer_is_never_left_out_and_never_a_pattern() -> None:
    with pytest.raises(PolicyError) as error:
        CertificateIdentity(issuer="", subject=WORKFLOW)
    assert error.value.code == "issuer-missing"
    with pytest.raises(SignerNotTrusted) as refused:
        CertificateIdentity(issuer="https://token.actions.*", subject=WORKFLOW).check(signer(WORKFLOW))
    assert refused.value.code == "issuer-mismatch"


def test_exactly_one_subject() -> None:
    with pytest.raises(PolicyError):
        CertificateIdentity(issuer=ISSUER)
    with pytest.raises(PolicyError):
        CertificateIdentity(issuer=ISSUER, subject=WORKFLOW, subject_glob=WORKFLOW)


@pytest.mark.parametrize("extensions", [(("build_trigger", ""),), (("a", "b"), ("a", "c"))])
def test_extensions_with_one_value_each(extensions: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(PolicyError):
        CertificateIdentity(issuer=ISSUER, subject=WORKFLOW, extensions=extensions)
