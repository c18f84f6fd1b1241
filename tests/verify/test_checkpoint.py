"""Signed notes: one form, the log's own name, a key id that chooses and a signature that decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import AttestError
from attest.verify.checkpoint import Checkpoint, check_checkpoint
from tests.verify.private_rekor import Rekor
from tests.verify.private_sigstore import PrivateSigstore
from tests.verify.refusals import code_of

INSTANCE = PrivateSigstore()
LOGS = {1: INSTANCE.root().logs[0], 2: INSTANCE.root().logs[1]}
ROOT = bytes(range(32))
NOTE = INSTANCE.rekor[2].checkpoint(7, ROOT)


@pytest.mark.parametrize("version", [1, 2])
def test_a_checkpoint_of_either_version(version: int) -> None:
    found = Checkpoint.parse(INSTANCE.rekor[version].checkpoint(7, ROOT))
    check_checkpoint(found, log=LOGS[version])
    assert (found.size, found.root) == (7, ROOT)


def test_a_private_rekor_v1_that_was_never_told_its_name() -> None:
    check_checkpoint(Checkpoint.parse(INSTANCE.rekor[1].checkpoint(7, ROOT, origin="rekor.sigstore.dev")), log=LOGS[1])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        NOTE.rstrip("\n"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\n7\n", "\n07\n"),
        NOTE.replace("\n7\n", "\n-7\n"),
        NOTE.replace("\n7\n", "\n"),
        NOTE.replace("\n7\n", "\n7 \n"),
        NOTE.replace("\u2014", "-"),
        NOTE.replace("\n\n", "\n\n\n"),
        NOTE + "\n",
        NOTE + "no signature\n",
        NOTE.split("\n\n")[0] + "\n\n",
        NOTE.split("\n\n")[0] + "\n\n\n",
        NOTE.split("\n\n")[0] + "\n\n\u2014 name AAAA\n",
        NOTE.split("\n\n")[0] + "\n\n" + "\u2014 name AAAAAAAA\n" * 101,
        NOTE.partition("\n")[2],
    ],
)
def test_notes_of_another_form(note: str) -> None:
    assert code_of(lambda: Checkpoint.parse(note)) == "checkpoint-malformed"


def test_a_name_on_the_line_that_is_not_the_origin_s() -> None:
    note = NOTE.replace("\u2014 log2026", "\u2014 log2025")
    assert code_of(lambda: check_checkpoint(Checkpoint.parse(note), log=LOGS[2])) == "checkpoint-signature"


def test_a_key_id_alone_convinces_nobody() -> None:
    impostor = Rekor(2, INSTANCE.rekor[2].host)
    impostor.log_id = INSTANCE.rekor[2].log_id
    note = Checkpoint.parse(impostor.checkpoint(7, ROOT))
    assert code_of(lambda: check_checkpoint(note, log=LOGS[2])) == "checkpoint-signature"


def test_the_same_key_under_another_host() -> None:
    note = Checkpoint.parse(INSTANCE.rekor[2].checkpoint(7, ROOT, origin="elsewhere.example"))
    assert code_of(lambda: check_checkpoint(note, log=LOGS[2])) == "checkpoint-origin"


@given(text=st.text(max_size=200) | st.text(alphabet="\n \u2014abAB+/=0123", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        Checkpoint.parse(text)
    except AttestError as error:
        assert error.code == "checkpoint-malformed"  # noqa: PT017
