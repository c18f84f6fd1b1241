"""A release key in AWS KMS: push with it, hand out its public half, verify without any AWS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.services import moto_kms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.shell import Shell
    from tests.services.moto_kms import Kms


@pytest.fixture(scope="module")
def kms() -> Iterator[Kms]:
    with moto_kms.running("--digests") as service:
        service.add_key("models")
        service.add_key("others")
        yield service


def test_push_with_a_kms_key_export_and_verify(shell: Shell, kms: Kms) -> None:
    with_aws = replace(shell, environment=kms.environment)
    with_aws.attest("push", "model", "m", "--key", "awskms:///alias/models")
    with_aws.attest("key", "export", f"awskms://{kms.host}/alias/models", "--out", "models.pub")
    with_aws.attest("key", "export", "awskms:///alias/others", "--out", "others.pub")
    assert "private key, P-256" in with_aws.attest("key", "show", "awskms:///alias/models").out
    assert "ALLOWED" in shell.attest("verify", "m:1", "--key", "models.pub").out
    assert "DENIED" in shell.attest("verify", "m:1", "--key", "others.pub", expect=1).out


def test_nothing_is_stored_where_the_service_does_not_sign(shell: Shell, kms: Kms) -> None:
    with_aws = replace(shell, environment=kms.environment)
    push = ("push", "model", "m", "--key")
    assert "error[key-not-found]" in with_aws.attest(*push, "awskms:///alias/none", expect=2).err
    assert "error[offline]" in with_aws.attest(*push, "awskms:///alias/models", expect=4, ATTEST_OFFLINE="1").err
    nobody = with_aws.attest(*push, "awskms:///alias/models", expect=4, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert "error[kms-no-credentials]" in nobody.err
    assert "m" not in shell.attest("ls").out.split()
