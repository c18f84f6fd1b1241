"""Attacks on what is said, of what and by whom (rows 4, 19 to 59 and 70 to 77)."""

from __future__ import annotations

from typing import Final

from attest.claims.predicates import TEST_RESULT
from tests.attacks.attack import attack
from tests.attacks.checks import evidence, files, lineage, policies, proofs, registry, trust

_PROOF: Final = "sigstore_proofs.py::test_"
_WORLD: Final = "closed_world.py::test_"
_OTHER: Final = "other_evidence.py::test_"
_READ: Final = "two_readings.py::test_"
_ENDLESS: Final = "endless_answers.py::test_"
_CHANGED: Final = f"{_PROOF}a_changed_proof"
_REVOKED: Final = "revoked.py::test_"
_ANCESTOR: Final = "bad_ancestors.py::test_"
_BACK: Final = "backdating.py::test_"
_LEADS: Final = "references_outside.py::test_a_file_that_leads_outside"
_SWAPPED: Final = "swapped_after_the_check.py::test_"
_PAYLOAD: Final = "evasive_payloads.py::test_"
_CONFUSED: Final = "confused_evidence.py::test_"
_MIRROR: Final = "trust_mirrors.py::test_"
_SIGNING: Final = "signing_side.py::test_"
_BELOW: Final = "swapped_policy.py::test_"
_COLLECTED: Final = "collected_garbage.py::test_a_claim_that_was_collected"

LINES: Final = (
    attack(
        70,
        "another model's name",
        f"{_OTHER}a_signed_version_under_another_models_name[provenance]",
        evidence.SUBJECT_NAME,
    ),
    attack(
        70, "a name that is nearly accepted", f"{_OTHER}another_name_that_the_operator_accepts", evidence.SUBJECT_NAME
    ),
    attack(
        70,
        "cosign's name for another place",
        f"{_OTHER}a_claim_of_cosigns_about_another_place[evil.example/{{model}}]",
        evidence.SUBJECT_NAME,
    ),
    attack(71, "alice's words, signed by bob", f"{_OTHER}bobs_copy_of_alices_words", policies.RIGHT_SIGNER),
    attack(71, "alice's name, signed by bob", f"{_OTHER}an_approval_that_says_it_is_somebody_elses", evidence.OWN_NAME),
    attack(
        71, "a rejection for an approval", f"{_OTHER}a_rejection_passed_off_as_an_approval[reject]", policies.SAYS_YES
    ),
    attack(77, "a shard that nobody signed", f"{_WORLD}a_shard_that_nobody_signed", evidence.NO_GAP),
    attack(
        77,
        "bytes behind the last shard",
        f"{_WORLD}what_is_in_no_shard[bytes-behind-the-last-shard]",
        evidence.SHARDED_SIZE,
    ),
    attack(
        77, "an empty file beside shards", f"{_WORLD}what_is_in_no_shard[an-empty-file]", evidence.SHARDED_NO_FILE_MORE
    ),
    attack(4, "an adapter beside another base", f"{_ANCESTOR}an_adapter_beside_another_base", lineage.ONE_BASE),
    attack(19, "what a stolen key signed", f"{_REVOKED}what_a_stolen_key_signed", lineage.REVOKED_SIGNER),
    attack(19, "a revoked version", f"{_REVOKED}a_revoked_version", lineage.REVOKED_VERSION),
    attack(
        19,
        "the student of a revoked teacher",
        f"{_REVOKED}what_was_made_from_a_revoked_version[acme/student]",
        lineage.REVOKED_ANCESTOR,
    ),
    attack(19, "its heir", f"{_REVOKED}what_was_made_from_a_revoked_version[acme/tuned]", lineage.REVOKED_ANCESTOR),
    attack(19, "a revoked dataset", f"{_REVOKED}what_was_trained_on_a_revoked_dataset", lineage.REVOKED_DATASET),
    attack(
        19,
        "an ancestor withheld",
        f"{_REVOKED}the_ancestor_that_would_show_it_is_withheld",
        lineage.ANCESTORS_FOLLOWED,
    ),
    attack(19, "a feed withheld", f"{_REVOKED}the_feed_is_withheld", lineage.FEED_THERE),
    attack(19, "a frozen feed", f"{_REVOKED}the_feed_is_frozen", lineage.FEED_FRESH),
    attack(19, "an older feed", f"{_REVOKED}an_older_issue_of_the_feed", lineage.FEED_NEWEST),
    attack(19, "a forked feed", f"{_REVOKED}another_history_of_the_feed", lineage.FEED_ONE_HISTORY),
    attack(19, "a stranger's feed", f"{_REVOKED}a_feed_by_somebody_else[mallory]", lineage.FEED_VERIFIED),
    attack(19, "the publisher's feed", f"{_REVOKED}a_feed_by_somebody_else[publisher]", lineage.FEED_SIGNER),
    attack(
        21,
        "an adapter on a base that nobody approved",
        f"{_ANCESTOR}an_adapter_on_a_base_that_nobody_approved",
        lineage.ANCESTOR_SIGNED,
    ),
    attack(
        21,
        "an unsigned teacher of the base",
        f"{_ANCESTOR}a_bad_teacher_two_generations_up[ROOTS-ancestor-not-signed]",
        lineage.ANCESTOR_SIGNED,
        lineage.ANCESTOR_KNOWN,
    ),
    attack(
        21,
        "a refused teacher of the base",
        f"{_ANCESTOR}a_bad_teacher_two_generations_up[SAME-ancestor-refused]",
        lineage.ANCESTOR_ALLOWED,
        lineage.ANCESTOR_KNOWN,
    ),
    attack(
        21,
        "a bad teacher's evidence withheld",
        f"{_ANCESTOR}the_evidence_of_a_bad_teacher_is_withheld",
        lineage.ANCESTOR_KNOWN,
    ),
    attack(21, "a version made from itself", f"{_ANCESTOR}a_version_that_was_made_from_itself", lineage.NO_CYCLE),
    attack(
        73,
        "a base in the place of another",
        f"{_ANCESTOR}a_base_that_the_store_put_in_the_place_of_another",
        lineage.ANCESTOR_SIGNED,
    ),
    attack(
        20,
        "a claimed time for a proven one",
        f"{_BACK}a_stolen_key_with_a_claimed_time",
        proofs.KEY_TIME,
        proofs.IN_FORCE,
    ),
    attack(20, "an evaluation from the future", f"{_BACK}an_evaluation_from_the_future", files.NO_FUTURE),
    attack(
        20, "a certificate that had expired", f"{_BACK}a_certificate_that_was_expired_then", proofs.VALID_AT_ITS_TIME
    ),
    attack(22, "weight_map: ../", f"{_LEADS}[weight-map]", files.REFERENCES_INSIDE),
    attack(22, "a weight_map that stands twice", f"{_LEADS}[weight-map-twice]", files.REFERENCE_ONCE),
    attack(22, "behind a megabyte of an index", f"{_LEADS}[late-in-the-index]", files.INDEX_WHOLE),
    attack(22, "an adapter's base by path", f"{_LEADS}[adapter]", files.BASE_BY_NAME),
    attack(22, "a tokenizer's vocabulary", f"{_LEADS}[tokenizer]", files.REFERENCES_INSIDE),
    attack(22, "weights by configuration", f"{_LEADS}[weights-by-configuration]", files.REFERENCES_INSIDE),
    attack(22, "a part of a sentence model", f"{_LEADS}[sentence-transformers]", files.REFERENCES_INSIDE),
    attack(22, "ONNX data elsewhere", f"{_LEADS}[onnx]", files.REFERENCES_INSIDE),
    attack(22, "ONNX data in a branch", f"{_LEADS}[onnx-inside-a-branch]", files.ONNX_BRANCHES),
    attack(22, "ONNX data in memory", f"{_LEADS}[onnx-of-this-process]", files.ONNX_MEMORY),
    attack(22, "ONNX for one reader only", f"{_LEADS}[onnx-written-oddly]", files.ONNX_KEYS),
    attack(22, "ONNX by its name only", f"{_LEADS}[onnx-disguised]", files.ONNX_BY_NAME),
    *(
        attack(22, words, f"references_outside.py::test_code_of_another_repository[{name}]", files.CODE_ELSEWHERE)
        for name, words in (
            ("model", "auto_map of another repository"),
            ("pipeline", "a pipeline of another repository"),
            ("tokenizer", "a list for an auto_map"),
            ("adapter", "an adapter that trusts code"),
        )
    ),
    attack(
        22,
        "a BOM that keeps quiet",
        "references_outside.py::test_a_bom_that_keeps_quiet_about_it",
        files.OUTSIDE_BY_BYTES,
    ),
    attack(
        22, "before a byte is fetched", "references_outside.py::test_a_bom_that_says_so_is_enough", files.OUTSIDE_BY_BOM
    ),
    attack(
        22,
        "in a folder that is verified",
        "references_outside.py::test_a_folder_that_leads_outside",
        files.OUTSIDE_IN_FOLDER,
    ),
    attack(
        23, "the shared copy swapped", f"{_SWAPPED}the_shared_copy_is_swapped_while_a_server_starts", files.OWN_COPY
    ),
    attack(23, "a copy where others write", f"{_SWAPPED}a_copy_where_others_may_write", files.PRIVATE_CACHE),
    attack(23, "a copy that can be written to", f"{_SWAPPED}the_copy_is_nobodys_to_write_to", files.READ_ONLY),
    attack(25, "a handle from before the check", f"{_SWAPPED}a_writer_who_still_has_a_file_open", files.BYTES_IN_PLACE),
    attack(
        29,
        "a payload no scanner finds",
        f"{_PAYLOAD}a_scanned_pickle[pydoc]",
        files.CODE_BY_BOM,
        policies.KIND_BY_BYTES,
    ),
    attack(
        29,
        "a pickle for a vocabulary",
        f"{_PAYLOAD}a_pickle_that_the_bom_calls_text[vocab.txt]",
        policies.KIND_BY_BYTES,
    ),
    attack(
        38,
        "a good signature over no claim",
        f"{_CONFUSED}words_that_are_no_statement[another-type]",
        evidence.STATEMENT_TYPE,
    ),
    attack(
        38,
        "the same, by a certificate",
        f"{_CONFUSED}words_that_are_no_statement_by_a_certificate[another-type]",
        evidence.STATEMENT_TYPE,
    ),
    attack(
        38,
        "a claim of nearly the type",
        f"{_CONFUSED}a_claim_of_nearly_the_same_type[{TEST_RESULT}.1]",
        policies.RIGHT_TYPE,
    ),
    attack(43, "two signatures", f"{_CONFUSED}two_signatures_in_an_envelope", evidence.ONE_SIGNATURE),
    attack(
        43,
        "two, beside a certificate",
        f"{_CONFUSED}two_signatures_beside_a_certificate",
        *(evidence.ONE_SIGNATURE, evidence.ONE_SIGNATURE_AGAIN),
    ),
    attack(44, "a version among the subjects", f"{_CONFUSED}a_version_among_the_subjects", evidence.FIRST_SUBJECT),
    attack(44, "a subject without a name", f"{_CONFUSED}a_subject_of_another_name[]", evidence.SUBJECT_NAME),
    attack(44, "a digest in capitals", f"{_CONFUSED}a_subject_with_an_odd_digest[upper]", registry.FORM_OF_DIGEST),
    attack(
        44,
        "a digest by SHA-1 alone",
        f"{_CONFUSED}a_subject_with_an_odd_digest[sha1-alone]",
        *(evidence.SHA256_SUBJECT, evidence.SUBJECT_DIGEST),
    ),
    attack(
        45,
        "a note read as a statement",
        f"{_CONFUSED}another_payload_read_as_a_statement",
        evidence.PAYLOAD_TYPE,
        evidence.PAYLOAD_TYPE_AGAIN,
    ),
    attack(
        45,
        "another type for a note",
        f"{_CONFUSED}another_type_for_a_note_that_was_signed",
        evidence.CERTIFIED_SIGNATURE,
    ),
    attack(46, "a key for a certificate", f"{_CONFUSED}a_key_in_the_place_of_a_certificate", evidence.KEYS_FOR_KEYS),
    attack(46, "a hint that chooses", f"{_CONFUSED}a_hint_that_chooses_whom_to_trust", evidence.HINT_CHOOSES_NOTHING),
    attack(
        48, "a mirror that nobody vouches for", f"{_MIRROR}a_mirror_that_nobody_vouches_for", trust.ROOT_BY_ITS_OPERATOR
    ),
    attack(48, "a root exchanged in the cache", f"{_MIRROR}a_cached_root_that_was_exchanged", trust.CACHE_VERIFIED),
    attack(48, "a change that nobody saw", f"{_MIRROR}a_change_that_nobody_has_seen", trust.CHANGE_AGREED),
    attack(50, "two log entries", f"{_CONFUSED}more_log_entries_than_one", evidence.ONE_ENTRY_OF_A_LOG),
    attack(50, "17 certificates", f"{_CONFUSED}more_certificates_than_a_path_has", evidence.MOST_CERTIFICATES),
    attack(50, "a thousand subjects", f"{_CONFUSED}a_statement_about_a_thousand_things", evidence.MOST_SUBJECTS),
    attack(50, "a timestamp 33 times", f"{_CHANGED}[33-timestamps]", proofs.MOST_TIMES, proofs.ONE_TIME_EACH),
    attack(50, "deep nesting", f"{_READ}a_signed_statement[nested]", evidence.DEPTH),
    attack(
        50,
        "a bundle of 32 MB",
        f"{_ENDLESS}a_bundle_that_says_it_is_huge",
        evidence.BUNDLE_SIZE,
        registry.READ_LIMIT,
        evidence.JSON_LIMIT,
    ),
    attack(51, "a bundle that would not verify", f"{_SIGNING}a_bundle_that_would_not_verify", trust.OWN_VERIFIER),
    attack(56, "a mirror that goes back", f"{_MIRROR}a_mirror_that_goes_back", trust.MIRROR_REMEMBERED),
    attack(56, "a mirror that stands still", f"{_MIRROR}a_mirror_that_stands_still", trust.MIRROR_FRESH),
    attack(56, "a mirror by other keys", f"{_MIRROR}a_mirror_by_other_keys", trust.PINNED_TUF_ROOT),
    attack(56, "a target exchanged", f"{_MIRROR}a_target_that_was_exchanged", trust.TARGET_DIGEST),
    attack(56, "a target that climbs out", f"{_MIRROR}a_target_outside_of_its_folder", trust.FIXED_TARGETS),
    attack(
        57,
        "a login that others finish",
        f"{_SIGNING}a_login_that_somebody_else_finishes[?code=stolen&state=guessed]",
        trust.LOGIN_STATE,
    ),
    attack(57, "a token without TLS", f"{_SIGNING}a_token_on_its_way_without_tls[fulcio]", trust.SERVICE_TLS),
    attack(57, "a token in a message", f"{_SIGNING}a_token_in_a_message[message]", trust.TOKEN_SCRUBBED),
    attack(58, "another's timestamp", f"{_SIGNING}a_timestamp_that_is_none[replay-tsa-answer]", trust.STAMP_ANSWER),
    attack(
        58, "a timestamp that stays away", f"{_SIGNING}a_timestamp_that_is_none[status-tsa-refused]", trust.STAMP_NEEDED
    ),
    attack(58, "another's log entry", f"{_SIGNING}a_log_entry_of_another_signature[1]", trust.ENTRY_ANSWER),
    attack(58, "another's certificate", f"{_SIGNING}a_certificate_of_somebody_else", trust.CERTIFICATE_ANSWER),
    attack(59, "a forgotten flag", f"{_SIGNING}a_forgotten_flag", trust.PINNED_INSTANCE),
    attack(59, "a public log unasked", f"{_SIGNING}a_public_log_that_nobody_meant", trust.PUBLIC_SAID),
    attack(59, "an entry for nothing", f"{_SIGNING}a_log_entry_for_a_push_that_fails", trust.STAMPED_FIRST),
    attack(59, "a key logged unasked", f"{_SIGNING}a_key_is_logged_on_demand_only", trust.LOGGED_ON_DEMAND),
    attack(72, "a demand less below", f"{_BELOW}a_base_that_was_exchanged[a-demand-less]", policies.COMPOSED_DIGEST),
    attack(72, "another key below", f"{_BELOW}a_base_that_was_exchanged[another-key]", policies.KEYS_IN_DIGEST),
    attack(72, "a demand taken away above", f"{_BELOW}a_base_that_takes_a_demand_away", policies.DEMANDS_JOINED),
    attack(
        72,
        "a policy that is fetched",
        f"{_BELOW}a_base_that_would_be_fetched[http://{{host}}/org.yaml]",
        policies.NEVER_FETCHED,
    ),
    attack(76, "a signature collected", f"{_COLLECTED}[signature]", policies.SIGNATURE_THERE),
    attack(76, "a provenance collected", f"{_COLLECTED}[provenance]", policies.PROVENANCE_THERE),
    attack(76, "an ML-BOM collected", f"{_COLLECTED}[ml-bom]", policies.BOM_THERE),
)
