"""Attacks on content, evidence and policies (rows 1 to 14)."""

from __future__ import annotations

from typing import Final

from tests.attacks.attack import attack
from tests.attacks.checks import evidence, files, policies, registry

_BLOB: Final = "other_bytes.py::test_a_blob_with_other_bytes"
_WORLD: Final = "closed_world.py::test_"
_OTHER: Final = "other_evidence.py::test_"
_POLICY: Final = "weaker_policy.py::test_a_policy_that_is_not_understood_whole"
_ENDLESS: Final = "endless_answers.py::test_"
_RULES: Final = (policies.SIGNATURE_THERE, policies.PROVENANCE_THERE, policies.BOM_THERE)

LINES: Final = (
    attack(1, "a blob with another byte", f"{_BLOB}[another-byte]", registry.BLOB_DIGEST),
    attack(1, "a blob with a byte more", f"{_BLOB}[longer]", registry.BLOB_TOO_LONG, registry.BLOB_DIGEST),
    attack(1, "a blob with a byte less", f"{_BLOB}[shorter]", registry.BLOB_TOO_SHORT, registry.BLOB_DIGEST),
    attack(
        1, "a server started on it", "other_bytes.py::test_a_server_is_not_started_on_other_bytes", registry.BLOB_DIGEST
    ),
    attack(
        1,
        "other bytes after an interruption",
        "other_bytes.py::test_a_blob_that_differs_only_after_an_interruption",
        registry.BLOB_DIGEST,
    ),
    attack(
        1,
        "another version for a pinned digest",
        "other_bytes.py::test_another_signed_version_for_a_pinned_digest",
        registry.MANIFEST_DIGEST,
    ),
    attack(
        1,
        "an answer that contradicts its header",
        "other_bytes.py::test_a_tag_that_the_registry_contradicts_itself_about",
        registry.OWN_DIGEST,
    ),
    attack(1, "a tag moved under a pin", "other_bytes.py::test_a_version_that_is_not_the_pinned_one", policies.PINNED),
    attack(
        1,
        "a byte on the disk of this machine",
        "other_bytes.py::test_the_disk_of_the_embedded_store",
        registry.BLOB_DIGEST,
    ),
    attack(1, "a byte on a registry's disk", "other_bytes.py::test_the_disk_of_a_registry", registry.BLOB_DIGEST),
    attack(
        1,
        "a bundle with a byte more",
        "other_bytes.py::test_the_disk_gives_other_evidence",
        registry.READ_TOO_LONG,
        registry.READ_DIGEST,
    ),
    attack(
        2,
        "a path for a layer's digest",
        "forms_of_digests.py::test_a_layer_whose_digest_is_none[path]",
        registry.FORM_OF_DIGEST,
    ),
    attack(
        2,
        "a path for evidence's digest",
        "forms_of_digests.py::test_evidence_whose_digest_is_none[path]",
        registry.FORM_OF_DIGEST,
    ),
    attack(
        2,
        "a path for a reference's digest",
        "forms_of_digests.py::test_a_reference_whose_digest_is_none[path]",
        registry.FORM_OF_DIGEST,
    ),
    attack(
        2,
        "any text for a digest",
        "forms_of_digests.py::test_no_text_but_one_form_is_a_digest",
        registry.FORM_OF_DIGEST,
    ),
    attack(4, "files of two signed models", f"{_OTHER}a_mix_of_two_signed_models[signature]", evidence.FILE_DIGESTS),
    attack(
        4,
        "the same, for a key",
        f"{_OTHER}a_mix_of_two_signed_models[key]",
        *(evidence.FILE_DIGESTS, evidence.SUBJECT_DIGEST, policies.BOM_DIGESTS, policies.CLAIMS_AGREE),
    ),
    attack(6, "all evidence taken away", "stripped_evidence.py::test_no_evidence_at_all", *_RULES),
    attack(
        6, "no model signature", "stripped_evidence.py::test_one_claim_is_missing[signature]", policies.SIGNATURE_THERE
    ),
    attack(
        6, "no provenance", "stripped_evidence.py::test_one_claim_is_missing[provenance]", policies.PROVENANCE_THERE
    ),
    attack(6, "no ML-BOM", "stripped_evidence.py::test_one_claim_is_missing[ml-bom]", policies.BOM_THERE),
    attack(
        6,
        "no model signature, for a key",
        "stripped_evidence.py::test_one_claim_is_missing_for_a_key[signature]",
        policies.SIGNATURE_THERE,
    ),
    attack(
        6,
        "no test result",
        "stripped_evidence.py::test_a_demanded_claim_of_another_kind_is_missing",
        policies.CLAIM_THERE,
    ),
    attack(6, "a store that lost it", "stripped_evidence.py::test_the_embedded_store_loses_the_evidence", *_RULES),
    attack(
        6,
        "a fallback tag taken away",
        "stripped_evidence.py::test_a_registry_without_referrers_loses_its_tag",
        *_RULES,
    ),
    attack(
        7,
        "policies in the working folder",
        "weaker_policy.py::test_a_policy_in_the_working_folder",
        policies.SOMEBODY_TO_TRUST,
    ),
    attack(
        7, "a policy inside the model", "weaker_policy.py::test_a_policy_inside_the_model", policies.SOMEBODY_TO_TRUST
    ),
    attack(7, "a key that lies there", "weaker_policy.py::test_nothing_says_whom_to_trust", policies.SOMEBODY_TO_TRUST),
    attack(7, "mode: warn", f"{_POLICY}[warn]", evidence.KNOWN_KEYS, evidence.KNOWN_KEYS_AGAIN),
    attack(
        7,
        "a misspelt demand",
        f"{_POLICY}[misspelt]",
        evidence.KNOWN_KEYS,
        evidence.KNOWN_KEYS_AGAIN,
        policies.SOME_DEMAND_AGAIN,
    ),
    attack(7, "a policy without a demand", f"{_POLICY}[nothing]", policies.SOME_DEMAND, policies.SOME_DEMAND_AGAIN),
    attack(7, "a key that stands twice", f"{_POLICY}[twice]", evidence.YAML_KEYS_ONCE),
    attack(
        7,
        "formats by nobody's word",
        f"{_POLICY}[without-a-bom]",
        policies.BOM_FOR_FORMATS,
        policies.BOM_FOR_FORMATS_AGAIN,
    ),
    attack(7, "code-bearing: **", f"{_POLICY}[all-code]", policies.NAMED_CODE),
    attack(7, "one key under two names", "weaker_policy.py::test_two_names_for_one_key", policies.KEYS_APART),
    attack(
        7,
        "--policy against a lock",
        "weaker_policy.py::test_a_locked_policy_is_not_replaced[policy]",
        policies.LOCKED_FLAG,
    ),
    attack(
        7, "--key against a lock", "weaker_policy.py::test_a_locked_policy_is_not_replaced[key]", policies.LOCKED_KEY
    ),
    attack(
        7,
        "ATTEST_POLICY against a lock",
        "weaker_policy.py::test_a_locked_policy_is_not_replaced[environment]",
        policies.LOCKED_ENVIRONMENT,
    ),
    attack(
        8, "provenance of another version", f"{_OTHER}evidence_of_another_version[provenance]", evidence.SUBJECT_DIGEST
    ),
    attack(8, "an ML-BOM of another version", f"{_OTHER}evidence_of_another_version[ml-bom]", evidence.SUBJECT_DIGEST),
    attack(
        8,
        "an ML-BOM with another list",
        f"{_OTHER}a_bom_of_another_version_is_held_against_the_files_too",
        policies.BOM_DIGESTS,
    ),
    attack(8, "provenance for a scan", f"{_OTHER}provenance_where_another_claim_is_asked_for", policies.RIGHT_TYPE),
    attack(
        8,
        "a signed note for a claim",
        f"{_OTHER}a_document_of_another_type_with_a_good_signature",
        evidence.PAYLOAD_TYPE,
    ),
    attack(8, "other words", f"{_OTHER}a_signature_that_does_not_fit[other-words]", evidence.SIGNATURE),
    attack(8, "another signature", f"{_OTHER}a_signature_that_does_not_fit[other-signature]", evidence.SIGNATURE),
    attack(8, "another type for a signed note", f"{_OTHER}a_payload_type_that_was_not_signed", evidence.SIGNATURE),
    attack(8, "a stranger's words", f"{_OTHER}words_by_a_stranger", evidence.SIGNATURE),
    attack(
        8,
        "a stranger's words, trusted hint",
        f"{_OTHER}a_strangers_words_under_the_trusted_keys_hint",
        evidence.SIGNATURE,
    ),
    attack(8, "a claim about nothing", f"{_OTHER}a_subject_digest_of_nothing", evidence.SUBJECT_DIGEST),
    attack(
        9,
        "a file more in the manifest",
        f"{_WORLD}a_file_too_many_in_the_manifest[modeling_model.py]",
        evidence.NO_FILE_MORE,
    ),
    attack(
        9,
        "a file that the ML-BOM does not know",
        f"{_WORLD}a_file_too_many_that_only_the_bom_does_not_know",
        *(policies.BOM_FILES, policies.KIND_BY_BYTES),
    ),
    attack(9, "a file less", f"{_WORLD}a_signed_file_is_left_out[README.md]", evidence.NO_FILE_LESS),
    attack(9, "a file planted in a folder", f"{_WORLD}a_planted_file_in_a_folder[.hidden]", evidence.NO_FILE_MORE),
    attack(9, "a file planted where a pull goes", f"{_WORLD}a_planted_file_where_a_pull_goes", files.NOTHING_MORE),
    attack(
        10,
        "a signer who ignores a file",
        f"{_WORLD}a_signature_that_looks_away_from_a_version[ignores-a-file]",
        evidence.NOTHING_IGNORED,
    ),
    attack(
        10,
        "the same, for a folder",
        f"{_WORLD}a_signature_that_looks_away_from_a_folder[ignores-a-file]",
        evidence.FOLDER_NOTHING_IGNORED,
    ),
    attack(
        11, "a name that climbs out", "names.py::test_a_name_in_a_manifest[../escape]", files.SAFE_NAME, files.ALL_THERE
    ),
    attack(11, "a name that hides", "names.py::test_a_name_in_a_manifest[model<202e>fs.safetensors]", files.SAFE_NAME),
    attack(11, "a name that Windows opens", "names.py::test_a_name_in_a_manifest[CON.txt]", files.SAFE_NAME),
    attack(11, "two names for a layer", "names.py::test_two_names_for_one_layer", files.ONE_NAME),
    attack(11, "such a name on disk", "names.py::test_a_name_on_disk[a<a>b]", files.SAFE_NAME),
    attack(11, "a name that is not UTF-8", "names.py::test_a_name_on_disk_that_is_not_utf8", files.SAFE_NAME),
    attack(11, "any name at all", "names.py::test_what_passes_stays_below_and_apart", files.SAFE_NAME),
    attack(
        11, "such a name in a signature", "names.py::test_a_name_in_a_signature_that_no_manifest_holds", files.SAFE_NAME
    ),
    attack(
        12,
        "a link out, pushed",
        "special_files.py::test_in_a_folder_that_is_pushed[link-outside]",
        files.NO_OUTER_LINKS,
    ),
    attack(
        12,
        "a pipe, pushed",
        "special_files.py::test_in_a_folder_that_is_pushed[pipe]",
        files.NO_SPECIAL_FILES,
    ),
    attack(
        12,
        "a link out, verified",
        "special_files.py::test_in_a_folder_that_is_verified[link-outside]",
        files.NO_OUTER_LINKS,
    ),
    attack(12, "a link for a blob", "special_files.py::test_in_the_place_of_a_blob[link-outside]", registry.NO_LINKS),
    attack(
        12,
        "a link for a folder of the store",
        "special_files.py::test_in_the_place_of_a_folder_of_the_store[blobs]",
        registry.REAL_FOLDERS,
    ),
    attack(
        12,
        "a link in the cache",
        "special_files.py::test_in_the_cache[link-outside]",
        files.REGULAR_FILE,
        files.OURS_ALONE,
    ),
    attack(12, "a second name in the cache", "special_files.py::test_in_the_cache[hard-link]", files.ONE_LINK),
    attack(
        12, "a link where a pull goes", "special_files.py::test_where_a_pull_goes[link-outside]", files.REGULAR_FILE
    ),
    attack(
        12,
        "a file changed while pushed",
        "special_files.py::test_a_file_that_grows_while_it_is_signed",
        registry.STORED_BYTES,
    ),
    attack(
        13,
        "names that differ by case",
        "names.py::test_names_in_a_manifest_that_fall_together[Model.bin-model.bin]",
        files.NAMES_APART,
    ),
    attack(13, "the same on disk", "names.py::test_names_on_disk_that_fall_together", files.NAMES_APART),
    attack(14, "an archive for a layer", f"{_ENDLESS}a_layer_that_would_be_unpacked[.tar]", files.RAW_LAYER),
    attack(
        14,
        "a compressed answer",
        "other_bytes.py::test_a_compressed_answer",
        registry.NO_COMPRESSION,
        registry.BLOB_DIGEST,
    ),
    attack(14, "an archive that unfolds", f"{_ENDLESS}a_file_that_would_unfold_is_recognised_as_it_lies", files.PEEK),
)
