"""Attacks on signatures, certificates and keys (rows 36 to 55)."""

from __future__ import annotations

from typing import Final

from tests.attacks.attack import attack
from tests.attacks.checks import evidence, proofs

_PROOF: Final = "sigstore_proofs.py::test_"
_CHANGED: Final = f"{_PROOF}a_changed_proof"
_CERTIFICATE: Final = f"{_PROOF}a_certificate_that_is_not_the_asked_one"
_KEYS: Final = "keys_that_ran_out.py::test_"
_PRIVATE: Final = "private_authorities.py::test_"

LINES: Final = (
    attack(
        36,
        "good evidence under bad",
        "stripped_evidence.py::test_good_evidence_under_bad[not-a-bundle]",
        evidence.EACH_ON_ITS_OWN,
    ),
    attack(
        36,
        "good evidence under lost",
        "stripped_evidence.py::test_good_evidence_under_bad[gone]",
        evidence.EACH_FETCHED_ON_ITS_OWN,
    ),
    attack(37, "a log entry about another signature", f"{_CHANGED}[entry-of-another]", proofs.ENTRY_BODY),
    attack(37, "the same, in an old log", f"{_CHANGED}[old-entry-of-another]", proofs.ENTRY_BODY),
    attack(37, "no log entry", f"{_CHANGED}[no-entry]", proofs.ENTRY_THERE),
    attack(39, "a log's time without its promise", f"{_CHANGED}[no-promise]", proofs.PROMISE_THERE),
    attack(39, "another time under a promise", f"{_CHANGED}[later-time]", proofs.PROMISE),
    attack(39, "no time at all", f"{_CHANGED}[no-timestamp]", proofs.ENOUGH_TIMES),
    attack(
        39,
        "a good timestamp beside a late one",
        f"{_PROOF}a_second_timestamp_from_another_time",
        proofs.VALID_AT_ITS_TIME,
    ),
    attack(39, "an expired intermediate", f"{_PROOF}an_intermediate_that_had_expired", proofs.VALID_AT_ITS_TIME),
    attack(39, "an expired certificate", f"{_CERTIFICATE}[expired]", proofs.VALID_AT_ITS_TIME),
    attack(40, "a timestamp of another signature", f"{_CHANGED}[timestamp-of-another]", proofs.IMPRINT, proofs.TOKEN),
    attack(40, "an authority that looks the same", f"{_CHANGED}[timestamp-by-a-twin]", proofs.TOKEN),
    attack(40, "a timestamp twice", f"{_CHANGED}[timestamp-twice]", proofs.ONE_TIME_EACH),
    attack(40, "a timestamp 33 times", f"{_CHANGED}[33-timestamps]", proofs.MOST_TIMES, proofs.ONE_TIME_EACH),
    attack(41, "a certificate that no log knows", f"{_CERTIFICATE}[no-sct]", proofs.SCT_THERE),
    attack(41, "a certificate with two promises", f"{_CERTIFICATE}[two-scts]", proofs.ONE_SCT),
    attack(41, "a promise for another certificate", f"{_CERTIFICATE}[sct-for-another]", proofs.SCT),
    attack(42, "another subject", f"{_CERTIFICATE}[another-subject]", proofs.CERTIFICATE_SUBJECT),
    attack(42, "another issuer", f"{_CERTIFICATE}[another-issuer]", proofs.CERTIFICATE_ISSUER),
    attack(42, "two issuers", f"{_CERTIFICATE}[two-issuers]", proofs.ONE_ISSUER),
    attack(42, "a subject that goes on", f"{_PROOF}a_subject_that_nearly_fits[end]", proofs.ANCHORED),
    attack(42, "a subject across parts", f"{_PROOF}a_subject_that_nearly_fits[part]", proofs.STARS_STOP),
    attack(42, "a subject in capitals", f"{_PROOF}a_subject_that_nearly_fits[case]", proofs.CERTIFICATE_SUBJECT),
    attack(42, "an address that is a URI", f"{_PROOF}an_address_that_is_a_uri", proofs.SUBJECT_KIND),
    attack(
        42,
        "a reusable workflow of everybody",
        f"{_PROOF}a_reusable_workflow_run_for_another_repository",
        proofs.EXTENSIONS,
    ),
    attack(
        42,
        "no issuer asked for",
        f"{_PROOF}a_subject_without_its_issuer[{{subject: alice@acme.example}}]",
        proofs.ISSUER_ASKED,
    ),
    attack(
        42,
        "an empty issuer",
        f"{_PROOF}a_subject_without_its_issuer[{{issuer: '', subject: alice@acme.example}}]",
        proofs.ISSUER_TEXT,
    ),
    attack(47, "an old bundle", f"{_CHANGED}[old-version]", proofs.BUNDLE_VERSION, proofs.BUNDLE_VERSION_AGAIN),
    attack(47, "no inclusion proof", f"{_CHANGED}[no-inclusion]", proofs.INCLUSION_THERE),
    attack(49, "a checkpoint under another name", f"{_CHANGED}[another-log's-name]", proofs.CHECKPOINT_ORIGIN),
    attack(49, "a checkpoint of another size", f"{_CHANGED}[another-size]", proofs.CHECKPOINT_TREE),
    attack(49, "a checkpoint by another key", f"{_CHANGED}[checkpoint-by-a-twin]", proofs.CHECKPOINT_SIGNATURE),
    attack(49, "another place in the tree", f"{_CHANGED}[another-index]", proofs.INCLUSION, proofs.CHECKPOINT_TREE),
    attack(
        52,
        "an authority after its time",
        f"{_PROOF}an_authority_that_did_not_count_any_more[certificateAuthorities-ca-window]",
        proofs.CA_WINDOW,
    ),
    attack(
        52,
        "a log after its time",
        f"{_PROOF}an_authority_that_did_not_count_any_more[tlogs-log-window]",
        proofs.LOG_WINDOW,
    ),
    attack(
        52,
        "a certificate log after its time",
        f"{_PROOF}an_authority_that_did_not_count_any_more[ctlogs-ct-window]",
        proofs.CT_WINDOW,
    ),
    attack(
        52,
        "a timestamp authority after its time",
        f"{_PROOF}an_authority_that_did_not_count_any_more[timestampAuthorities-tsa-window]",
        proofs.TSA_WINDOW,
    ),
    attack(52, "a window without a start", f"{_PROOF}a_window_without_a_start[tlogs]", proofs.WINDOW_START),
    attack(
        53,
        "a Sigstore of the same names",
        f"{_PROOF}another_instance_that_names_itself_the_same",
        proofs.ISSUED,
        proofs.SCT,
    ),
    attack(54, "a stolen key that had ended", f"{_KEYS}a_stolen_key_that_had_ended[moment0]", proofs.KEY_WINDOW),
    attack(
        54,
        "a signature without its time",
        f"{_KEYS}a_signature_whose_time_was_taken_away",
        *(proofs.KEY_TIME, proofs.IN_FORCE),
    ),
    attack(54, "the time of another signature", f"{_KEYS}the_time_of_another_signature", proofs.IMPRINT, proofs.TOKEN),
    attack(
        54,
        "the attacker's timestamp authority",
        f"{_KEYS}the_attacker_s_own_timestamp_authority",
        *(proofs.PINNED_AUTHORITY, proofs.TOKEN),
    ),
    attack(
        54,
        "the attacker's log",
        f"{_KEYS}the_attacker_s_own_log",
        proofs.PINNED_LOG,
    ),
    attack(54, "a log entry beside a key", f"{_KEYS}a_log_entry_about_another_signature", proofs.PROOFS_CHECKED),
    attack(
        54,
        "a key that has ended, no time asked for",
        f"{_KEYS}a_key_that_has_ended_where_no_time_is_asked_for",
        proofs.IN_FORCE,
    ),
    attack(
        54, "a copy without its time", f"{_KEYS}a_copy_without_its_time_does_not_hide_the_whole_one", proofs.WHOLE_COPY
    ),
    attack(
        55,
        "somebody else's certificate",
        f"{_PRIVATE}a_certificate_of_the_same_authority[somebody-else]",
        proofs.PKI_SUBJECT,
    ),
    attack(55, "an address for a host", f"{_PRIVATE}a_certificate_of_the_same_authority[name-as-dns]", proofs.PKI_KIND),
    attack(
        55,
        "an expired certificate",
        f"{_PRIVATE}a_certificate_of_the_same_authority[expired]",
        proofs.VALID_AT_ITS_TIME,
    ),
    attack(
        55,
        "an authority brought along",
        f"{_PRIVATE}an_authority_that_the_bundle_brings",
        proofs.ISSUED,
        proofs.PATH_LENGTH,
    ),
    attack(55, "an employee who issues", f"{_PRIVATE}a_certificate_issued_by_an_employee", proofs.MAY_ISSUE),
    attack(
        55,
        "no proven time",
        f"{_PRIVATE}a_signature_without_a_proven_time",
        *(proofs.PKI_TIME, proofs.IN_FORCE),
    ),
    attack(
        55,
        "an expired certificate, no time asked for",
        f"{_PRIVATE}an_expired_certificate_where_no_time_is_asked_for",
        proofs.IN_FORCE,
    ),
    attack(
        55,
        "a Sigstore pinned as an authority",
        f"{_PRIVATE}a_sigstore_pinned_as_a_private_authority",
        proofs.ISSUER_NOT_PASSED_OVER,
    ),
    attack(
        55,
        "an authority for a Sigstore",
        f"{_PRIVATE}a_private_certificate_in_a_sigstores_place",
        proofs.KNOWN_AUTHORITY,
    ),
)
