"""Row of the threat table → attack → test → the checks that stop it, in the order in which they are taken out.

The first check alone has to make the test fail, or, where others would stop the attack as well, the first few together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from attest.claims.predicates import TEST_RESULT
from tests.attacks import checks as c
from tests.attacks import log_mutations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.attacks.checks import Check


@dataclass(frozen=True, kw_only=True, slots=True)
class Attack:
    """A line of the table.

    Args:
        row: its row in the threat table.
        words: what is tried.
        test: which test tries it.
        checks: what stops it, the first one first.
    """

    row: int
    words: str
    test: str
    checks: tuple[Check, ...]


def _attack(row: int, words: str, test: str, *checks: Check) -> Attack:
    return Attack(row=row, words=words, test=f"tests/attacks/test_{test}", checks=checks)


_BLOB: Final = "other_bytes.py::test_a_blob_with_other_bytes"
_WORLD: Final = "closed_world.py::test_"
_OTHER: Final = "other_evidence.py::test_"
_POLICY: Final = "weaker_policy.py::test_a_policy_that_is_not_understood_whole"
_READ: Final = "two_readings.py::test_"
_ENDLESS: Final = "endless_answers.py::test_"
_PROOF: Final = "sigstore_proofs.py::test_"
_CHANGED: Final = f"{_PROOF}a_changed_proof"
_CERTIFICATE: Final = f"{_PROOF}a_certificate_that_is_not_the_asked_one"
_KEYS: Final = "keys_that_ran_out.py::test_"
_REVOKED: Final = "revoked.py::test_"
_ANCESTOR: Final = "bad_ancestors.py::test_"
_PRIVATE: Final = "private_authorities.py::test_"
_BACK: Final = "backdating.py::test_"
_LEADS: Final = "references_outside.py::test_a_file_that_leads_outside"
_SWAPPED: Final = "swapped_after_the_check.py::test_"
_PAYLOAD: Final = "evasive_payloads.py::test_"
_CONFUSED: Final = "confused_evidence.py::test_"
_MIRROR: Final = "trust_mirrors.py::test_"
_SIGNING: Final = "signing_side.py::test_"
_BELOW: Final = "swapped_policy.py::test_"
_COLLECTED: Final = "collected_garbage.py::test_a_claim_that_was_collected"
_RULES: Final = (c.SIGNATURE_THERE, c.PROVENANCE_THERE, c.BOM_THERE)

TABLE: Final = (
    _attack(1, "a blob with another byte", f"{_BLOB}[another-byte]", c.BLOB_DIGEST),
    _attack(1, "a blob with a byte more", f"{_BLOB}[longer]", c.BLOB_TOO_LONG, c.BLOB_DIGEST),
    _attack(1, "a blob with a byte less", f"{_BLOB}[shorter]", c.BLOB_TOO_SHORT, c.BLOB_DIGEST),
    _attack(1, "a server started on it", "other_bytes.py::test_a_server_is_not_started_on_other_bytes", c.BLOB_DIGEST),
    _attack(
        1,
        "other bytes after an interruption",
        "other_bytes.py::test_a_blob_that_differs_only_after_an_interruption",
        c.BLOB_DIGEST,
    ),
    _attack(
        1,
        "another version for a pinned digest",
        "other_bytes.py::test_another_signed_version_for_a_pinned_digest",
        c.MANIFEST_DIGEST,
    ),
    _attack(
        1,
        "an answer that contradicts its header",
        "other_bytes.py::test_a_tag_that_the_registry_contradicts_itself_about",
        c.OWN_DIGEST,
    ),
    _attack(1, "a tag moved under a pin", "other_bytes.py::test_a_version_that_is_not_the_pinned_one", c.PINNED),
    _attack(
        1, "a byte on the disk of this machine", "other_bytes.py::test_the_disk_of_the_embedded_store", c.BLOB_DIGEST
    ),
    _attack(1, "a byte on a registry's disk", "other_bytes.py::test_the_disk_of_a_registry", c.BLOB_DIGEST),
    _attack(
        1,
        "a bundle with a byte more",
        "other_bytes.py::test_the_disk_gives_other_evidence",
        c.READ_TOO_LONG,
        c.READ_DIGEST,
    ),
    _attack(
        2,
        "a path for a layer's digest",
        "forms_of_digests.py::test_a_layer_whose_digest_is_none[path]",
        c.FORM_OF_DIGEST,
    ),
    _attack(
        2,
        "a path for evidence's digest",
        "forms_of_digests.py::test_evidence_whose_digest_is_none[path]",
        c.FORM_OF_DIGEST,
    ),
    _attack(
        2,
        "a path for a reference's digest",
        "forms_of_digests.py::test_a_reference_whose_digest_is_none[path]",
        c.FORM_OF_DIGEST,
    ),
    _attack(2, "any text for a digest", "forms_of_digests.py::test_no_text_but_one_form_is_a_digest", c.FORM_OF_DIGEST),
    _attack(4, "files of two signed models", f"{_OTHER}a_mix_of_two_signed_models[signature]", c.FILE_DIGESTS),
    _attack(
        4,
        "the same, for a key",
        f"{_OTHER}a_mix_of_two_signed_models[key]",
        *(c.FILE_DIGESTS, c.SUBJECT_DIGEST, c.BOM_DIGESTS, c.CLAIMS_AGREE),
    ),
    _attack(6, "all evidence taken away", "stripped_evidence.py::test_no_evidence_at_all", *_RULES),
    _attack(6, "no model signature", "stripped_evidence.py::test_one_claim_is_missing[signature]", c.SIGNATURE_THERE),
    _attack(6, "no provenance", "stripped_evidence.py::test_one_claim_is_missing[provenance]", c.PROVENANCE_THERE),
    _attack(6, "no ML-BOM", "stripped_evidence.py::test_one_claim_is_missing[ml-bom]", c.BOM_THERE),
    _attack(
        6,
        "no model signature, for a key",
        "stripped_evidence.py::test_one_claim_is_missing_for_a_key[signature]",
        c.SIGNATURE_THERE,
    ),
    _attack(
        6, "no test result", "stripped_evidence.py::test_a_demanded_claim_of_another_kind_is_missing", c.CLAIM_THERE
    ),
    _attack(6, "a store that lost it", "stripped_evidence.py::test_the_embedded_store_loses_the_evidence", *_RULES),
    _attack(
        6,
        "a fallback tag taken away",
        "stripped_evidence.py::test_a_registry_without_referrers_loses_its_tag",
        *_RULES,
    ),
    _attack(
        7,
        "policies in the working folder",
        "weaker_policy.py::test_a_policy_in_the_working_folder",
        c.SOMEBODY_TO_TRUST,
    ),
    _attack(7, "a policy inside the model", "weaker_policy.py::test_a_policy_inside_the_model", c.SOMEBODY_TO_TRUST),
    _attack(7, "a key that lies there", "weaker_policy.py::test_nothing_says_whom_to_trust", c.SOMEBODY_TO_TRUST),
    _attack(7, "mode: warn", f"{_POLICY}[warn]", c.KNOWN_KEYS, c.KNOWN_KEYS_AGAIN),
    _attack(7, "a misspelt demand", f"{_POLICY}[misspelt]", c.KNOWN_KEYS, c.KNOWN_KEYS_AGAIN, c.SOME_DEMAND_AGAIN),
    _attack(7, "a policy without a demand", f"{_POLICY}[nothing]", c.SOME_DEMAND, c.SOME_DEMAND_AGAIN),
    _attack(7, "a key that stands twice", f"{_POLICY}[twice]", c.YAML_KEYS_ONCE),
    _attack(7, "formats by nobody's word", f"{_POLICY}[without-a-bom]", c.BOM_FOR_FORMATS, c.BOM_FOR_FORMATS_AGAIN),
    _attack(7, "code-bearing: **", f"{_POLICY}[all-code]", c.NAMED_CODE),
    _attack(7, "one key under two names", "weaker_policy.py::test_two_names_for_one_key", c.KEYS_APART),
    _attack(
        7, "--policy against a lock", "weaker_policy.py::test_a_locked_policy_is_not_replaced[policy]", c.LOCKED_FLAG
    ),
    _attack(7, "--key against a lock", "weaker_policy.py::test_a_locked_policy_is_not_replaced[key]", c.LOCKED_KEY),
    _attack(
        7,
        "ATTEST_POLICY against a lock",
        "weaker_policy.py::test_a_locked_policy_is_not_replaced[environment]",
        c.LOCKED_ENVIRONMENT,
    ),
    _attack(8, "provenance of another version", f"{_OTHER}evidence_of_another_version[provenance]", c.SUBJECT_DIGEST),
    _attack(8, "an ML-BOM of another version", f"{_OTHER}evidence_of_another_version[ml-bom]", c.SUBJECT_DIGEST),
    _attack(
        8,
        "an ML-BOM with another list",
        f"{_OTHER}a_bom_of_another_version_is_held_against_the_files_too",
        c.BOM_DIGESTS,
    ),
    _attack(8, "provenance for a scan", f"{_OTHER}provenance_where_another_claim_is_asked_for", c.RIGHT_TYPE),
    _attack(
        8, "a signed note for a claim", f"{_OTHER}a_document_of_another_type_with_a_good_signature", c.PAYLOAD_TYPE
    ),
    _attack(8, "other words", f"{_OTHER}a_signature_that_does_not_fit[other-words]", c.SIGNATURE),
    _attack(8, "another signature", f"{_OTHER}a_signature_that_does_not_fit[other-signature]", c.SIGNATURE),
    _attack(8, "another type for a signed note", f"{_OTHER}a_payload_type_that_was_not_signed", c.SIGNATURE),
    _attack(8, "a stranger's words", f"{_OTHER}words_by_a_stranger", c.SIGNATURE),
    _attack(
        8, "a stranger's words, trusted hint", f"{_OTHER}a_strangers_words_under_the_trusted_keys_hint", c.SIGNATURE
    ),
    _attack(8, "a claim about nothing", f"{_OTHER}a_subject_digest_of_nothing", c.SUBJECT_DIGEST),
    _attack(
        9, "a file more in the manifest", f"{_WORLD}a_file_too_many_in_the_manifest[modeling_model.py]", c.NO_FILE_MORE
    ),
    _attack(
        9,
        "a file that the ML-BOM does not know",
        f"{_WORLD}a_file_too_many_that_only_the_bom_does_not_know",
        *(c.BOM_FILES, c.KIND_BY_BYTES),
    ),
    _attack(9, "a file less", f"{_WORLD}a_signed_file_is_left_out[README.md]", c.NO_FILE_LESS),
    _attack(9, "a file planted in a folder", f"{_WORLD}a_planted_file_in_a_folder[.hidden]", c.NO_FILE_MORE),
    _attack(9, "a file planted where a pull goes", f"{_WORLD}a_planted_file_where_a_pull_goes", c.NOTHING_MORE),
    _attack(
        10,
        "a signer who ignores a file",
        f"{_WORLD}a_signature_that_looks_away_from_a_version[ignores-a-file]",
        c.NOTHING_IGNORED,
    ),
    _attack(
        10,
        "the same, for a folder",
        f"{_WORLD}a_signature_that_looks_away_from_a_folder[ignores-a-file]",
        c.FOLDER_NOTHING_IGNORED,
    ),
    _attack(11, "a name that climbs out", "names.py::test_a_name_in_a_manifest[../escape]", c.SAFE_NAME, c.ALL_THERE),
    _attack(11, "a name that hides", "names.py::test_a_name_in_a_manifest[model<202e>fs.safetensors]", c.SAFE_NAME),
    _attack(11, "a name that Windows opens", "names.py::test_a_name_in_a_manifest[CON.txt]", c.SAFE_NAME),
    _attack(11, "two names for a layer", "names.py::test_two_names_for_one_layer", c.ONE_NAME),
    _attack(11, "such a name on disk", "names.py::test_a_name_on_disk[a<a>b]", c.SAFE_NAME),
    _attack(11, "a name that is not UTF-8", "names.py::test_a_name_on_disk_that_is_not_utf8", c.SAFE_NAME),
    _attack(11, "any name at all", "names.py::test_what_passes_stays_below_and_apart", c.SAFE_NAME),
    _attack(
        11, "such a name in a signature", "names.py::test_a_name_in_a_signature_that_no_manifest_holds", c.SAFE_NAME
    ),
    _attack(
        12, "a link out, pushed", "special_files.py::test_in_a_folder_that_is_pushed[link-outside]", c.NO_OUTER_LINKS
    ),
    _attack(
        12,
        "a pipe, pushed",
        "special_files.py::test_in_a_folder_that_is_pushed[pipe]",
        c.NO_SPECIAL_FILES,
    ),
    _attack(
        12,
        "a link out, verified",
        "special_files.py::test_in_a_folder_that_is_verified[link-outside]",
        c.NO_OUTER_LINKS,
    ),
    _attack(12, "a link for a blob", "special_files.py::test_in_the_place_of_a_blob[link-outside]", c.NO_LINKS),
    _attack(
        12,
        "a link for a folder of the store",
        "special_files.py::test_in_the_place_of_a_folder_of_the_store[blobs]",
        c.REAL_FOLDERS,
    ),
    _attack(
        12, "a link in the cache", "special_files.py::test_in_the_cache[link-outside]", c.REGULAR_FILE, c.OURS_ALONE
    ),
    _attack(12, "a second name in the cache", "special_files.py::test_in_the_cache[hard-link]", c.ONE_LINK),
    _attack(12, "a link where a pull goes", "special_files.py::test_where_a_pull_goes[link-outside]", c.REGULAR_FILE),
    _attack(
        12, "a file changed while pushed", "special_files.py::test_a_file_that_grows_while_it_is_signed", c.STORED_BYTES
    ),
    _attack(
        13,
        "names that differ by case",
        "names.py::test_names_in_a_manifest_that_fall_together[Model.bin-model.bin]",
        c.NAMES_APART,
    ),
    _attack(13, "the same on disk", "names.py::test_names_on_disk_that_fall_together", c.NAMES_APART),
    _attack(14, "an archive for a layer", f"{_ENDLESS}a_layer_that_would_be_unpacked[.tar]", c.RAW_LAYER),
    _attack(14, "a compressed answer", "other_bytes.py::test_a_compressed_answer", c.NO_COMPRESSION, c.BLOB_DIGEST),
    _attack(14, "an archive that unfolds", f"{_ENDLESS}a_file_that_would_unfold_is_recognised_as_it_lies", c.PEEK),
    _attack(15, "a key twice in a statement", f"{_READ}a_signed_statement[twice]", c.KEYS_ONCE),
    _attack(15, "NaN", f"{_READ}a_signed_statement[not-a-number]", c.NUMBERS),
    _attack(15, "deep nesting", f"{_READ}a_signed_statement[nested]", c.DEPTH),
    _attack(15, "bytes that are not UTF-8", f"{_READ}a_signed_statement[bad-utf-8]", c.UTF8),
    _attack(15, "half a character", f"{_READ}a_signed_statement[surrogate]", c.SURROGATES),
    _attack(15, "an integer of 400 digits", f"{_READ}a_signed_statement[huge-integer]", c.INTEGERS),
    _attack(15, "a key twice in a bundle", f"{_READ}a_bundle[twice]", c.KEYS_ONCE),
    _attack(15, "a key twice in a manifest", f"{_READ}a_manifest[twice]", c.KEYS_ONCE),
    _attack(15, "two signatures", f"{_READ}a_bundle_with_two_ways_to_read_it[two-signatures]", c.ONE_SIGNATURE),
    _attack(
        15,
        "a key and a certificate",
        f"{_READ}a_bundle_with_two_ways_to_read_it[two-materials]",
        c.ONE_MATERIAL,
        c.KEY_MATERIAL,
        c.KEY_MATERIAL_AGAIN,
    ),
    _attack(15, "an index and a manifest in one", f"{_READ}an_index_and_a_manifest_in_one", c.ONE_KIND),
    _attack(
        16, "a manifest without an end", f"{_ENDLESS}a_manifest_without_an_end[tag]", c.DOCUMENT_LIMIT, c.JSON_LIMIT
    ),
    _attack(16, "the same on disk", f"{_ENDLESS}a_manifest_without_an_end_on_disk", c.FILE_LIMIT, c.READ_LIMIT),
    _attack(16, "pages without an end", f"{_ENDLESS}a_listing_without_an_end[empty]", c.MOST_PAGES),
    _attack(16, "the same page again and again", f"{_ENDLESS}a_listing_without_an_end[same-page]", c.NEW_PAGES),
    _attack(16, "a flood of evidence", f"{_ENDLESS}more_evidence_than_anybody_looks_at", c.MOST_EVIDENCE),
    _attack(
        16, "a bundle of 32 MB", f"{_ENDLESS}a_bundle_that_says_it_is_huge", c.BUNDLE_SIZE, c.READ_LIMIT, c.JSON_LIMIT
    ),
    _attack(16, "a million parts", f"{_ENDLESS}a_statement_of_a_million_parts", c.PARTS),
    _attack(16, "a size of 100 PB", f"{_ENDLESS}a_size_that_cannot_be[100000000000000000]", c.MODEL_SIZE),
    _attack(16, "a size below 0", f"{_ENDLESS}a_size_that_cannot_be[-1]", c.POSITIVE_SIZE),
    _attack(16, "8,000 layers more", f"{_ENDLESS}more_layers_than_a_model_has", c.MOST_LAYERS),
    _attack(
        17,
        "a download to another host",
        "leaked_credentials.py::test_a_download_that_moves_to_another_host[307]",
        c.SAME_ORIGIN,
    ),
    _attack(
        17,
        "an upload to another host",
        "leaked_credentials.py::test_an_upload_that_goes_to_another_host",
        c.SAME_ORIGIN,
    ),
    _attack(17, "a write to another host", "leaked_credentials.py::test_a_write_that_is_redirected", c.WRITES_STAY),
    _attack(
        17,
        "a token service elsewhere",
        "leaked_credentials.py::test_a_token_service_on_another_host[http]",
        c.SAFE_REALM,
    ),
    _attack(
        17,
        "a redirect with a password",
        "leaked_credentials.py::test_a_redirect_to_what_is_no_address[user]",
        c.PLAIN_ADDRESS,
    ),
    _attack(17, "redirects in a circle", "leaked_credentials.py::test_redirects_in_a_circle", c.MOST_REDIRECTS),
    _attack(
        17, "a password in a message", "leaked_credentials.py::test_a_password_that_a_registry_repeats", c.SCRUBBED
    ),
    _attack(
        18,
        "a subject by MD5",
        "forms_of_digests.py::test_a_subject_by_another_hash[md5]",
        c.SHA256_SUBJECT,
        c.SUBJECT_DIGEST,
    ),
    _attack(
        18,
        "a digest that nearly matches",
        "forms_of_digests.py::test_a_subject_that_matches_only_at_its_beginning",
        c.WHOLE_DIGEST,
    ),
    _attack(18, "the same, as such", "forms_of_digests.py::test_the_comparison_is_of_whole_digests", c.WHOLE_DIGEST),
    _attack(18, "files by BLAKE2", "forms_of_digests.py::test_files_by_another_hash[blake2b]", c.SHA256_FILES),
    _attack(
        24,
        "a swapped file in the cache",
        "poisoned_cache.py::test_what_is_handed_out_is_what_was_signed[swap_file]",
        c.BYTES_IN_PLACE,
    ),
    _attack(
        24,
        "a planted file in the cache",
        "poisoned_cache.py::test_what_is_handed_out_is_what_was_signed[plant]",
        c.NOTHING_MORE,
    ),
    _attack(
        24,
        "and a registry that helps",
        "poisoned_cache.py::test_with_the_registry_against_us_too[swap_file]",
        c.BYTES_IN_PLACE,
    ),
    _attack(
        24,
        "a cut file in the cache",
        "poisoned_cache.py::test_what_is_handed_out_is_what_was_signed[cut]",
        c.SIZE_IN_PLACE,
        c.BYTES_IN_PLACE,
    ),
    _attack(
        24,
        "a cached file that others write to",
        "poisoned_cache.py::test_a_cached_file_that_others_may_write_to",
        c.OURS_ALONE,
    ),
    _attack(
        24,
        "a cache that others write to",
        "poisoned_cache.py::test_a_cache_that_others_may_write_to[cache]",
        c.PRIVATE_CACHE,
    ),
    _attack(
        24,
        "a swapped part of a download",
        "poisoned_cache.py::test_a_part_of_a_download_that_was_swapped",
        c.BLOB_DIGEST,
    ),
    _attack(24, "a swapped finished part", "poisoned_cache.py::test_a_finished_part_that_was_swapped", c.FINISHED_PART),
    _attack(26, "tags swapped", "poisoned_index.py::test_a_tag_that_points_at_another_version", c.SIGNATURE),
    _attack(26, "a tag twice", "poisoned_index.py::test_a_tag_that_stands_twice", c.ONE_ENTRY, c.SIGNATURE),
    _attack(26, "an index with a key twice", "poisoned_index.py::test_an_index_that_is_none[twice]", c.KEYS_ONCE),
    _attack(26, "an index of another version", "poisoned_index.py::test_an_index_that_is_none[version]", c.INDEX_FORM),
    _attack(
        26,
        "a manifest replaced in place",
        "poisoned_index.py::test_a_manifest_that_was_replaced_where_it_lies",
        c.READ_DIGEST,
        c.SIGNATURE,
    ),
    _attack(26, "every list spoilt in turn", "poisoned_index.py::test_every_list_in_turn", c.JSON_ERRORS),
    _attack(
        26,
        "a listing of other evidence",
        "poisoned_index.py::test_a_listing_of_somebody_elses_evidence[elsewhere]",
        c.REFERS,
        c.FILE_DIGESTS,
    ),
    _attack(
        26,
        "a fallback tag of other evidence",
        "poisoned_index.py::test_a_fallback_tag_that_lists_another_versions_evidence",
        c.FILE_DIGESTS,
    ),
    _attack(27, "nobody listens", "unreachable.py::test_nobody_listens", c.TRANSLATION),
    _attack(27, "a name that does not resolve", "unreachable.py::test_a_name_that_does_not_resolve", c.TRANSLATION),
    _attack(
        27,
        "an error with the right bytes",
        "unreachable.py::test_an_error_at_each_step[501-store-refused-blob]",
        c.STATUS,
    ),
    _attack(27, "500", "unreachable.py::test_a_busy_registry[500-store-refused]", c.STATUS),
    _attack(
        27, "an error for the list", "unreachable.py::test_a_registry_that_hides_its_list_behind_an_error", c.STATUS
    ),
    _attack(27, "a body that drips", "unreachable.py::test_a_registry_that_drips[body-manifest]", c.DOCUMENT_TIME),
    _attack(27, "a head that drips", "unreachable.py::test_a_registry_that_drips[head-evidence]", c.HEAD_TIME),
    _attack(27, "silence", "unreachable.py::test_a_registry_that_drips[silence-manifest]", c.READ_TIME, c.HEAD_TIME),
    _attack(
        27, "a connection that is always lost", "unreachable.py::test_a_connection_that_is_always_lost", c.ENOUGH_TRIES
    ),
    _attack(27, "offline", "unreachable.py::test_nothing_may_be_reached", c.OFFLINE),
    _attack(
        28, "an adapter on the command line", "other_models_at_run_time.py::test_an_argument[vllm-lora]", c.ARGUMENTS
    ),
    _attack(
        28,
        "adapters by environment",
        "other_models_at_run_time.py::test_a_variable[VLLM_ALLOW_RUNTIME_LORA_UPDATING]",
        c.VARIABLES,
    ),
    _attack(28, "hubs that stay on", "other_models_at_run_time.py::test_the_hubs_are_switched_off", c.HUBS_OFF),
    _attack(
        31,
        "a signature that ignores all",
        f"{_WORLD}a_signature_that_looks_away_from_a_version[ignores-everything]",
        c.NARROW_IGNORE,
        c.NO_FILE_MORE,
    ),
    _attack(
        31,
        "a signature over nothing",
        f"{_WORLD}a_signature_that_looks_away_from_a_version[signs-nothing]",
        c.SOME_FILE,
        c.NO_FILE_MORE,
    ),
    _attack(
        31,
        "the same, for a folder",
        f"{_WORLD}a_signature_that_looks_away_from_a_folder[signs-nothing]",
        c.SOME_FILE,
        c.NO_FILE_MORE,
    ),
    _attack(32, "renamed files in a version", f"{_OTHER}renamed_files_with_the_same_root_digest", c.FILE_NAMES),
    _attack(32, "renamed files in a folder", f"{_OTHER}a_renamed_folder_with_the_same_root_digest", c.FOLDER_NAMES),
    _attack(33, "a linked folder, pushed", f"{_WORLD}a_linked_folder_is_not_signed_around", c.NO_LINKED_FOLDERS),
    _attack(
        33,
        "a linked folder, verified",
        f"{_WORLD}a_linked_folder_is_not_verified_around",
        c.NO_LINKED_FOLDERS,
        c.NO_FILE_MORE,
    ),
    _attack(33, "git's folder, verified", f"{_WORLD}content_under_git_is_not_passed_over", c.NO_GIT, c.NO_FILE_MORE),
    _attack(33, "git's folder, pushed", f"{_WORLD}a_hub_repository_is_not_signed", c.NO_GIT),
    _attack(
        34,
        "a certificate for a key",
        "certificates.py::test_a_certificate_in_the_place_of_a_key[certificate]",
        c.KEY_MATERIAL,
        c.KEY_MATERIAL_AGAIN,
    ),
    _attack(
        34, "a key that the bundle brings", "certificates.py::test_a_key_that_the_bundle_brings_along", c.SIGNATURE
    ),
    _attack(
        35,
        "a swapped layer, equal annotation",
        "other_bytes.py::test_a_swapped_layer_with_an_equal_annotation",
        c.FILE_DIGESTS,
    ),
    _attack(
        36,
        "good evidence under bad",
        "stripped_evidence.py::test_good_evidence_under_bad[not-a-bundle]",
        c.EACH_ON_ITS_OWN,
    ),
    _attack(
        36,
        "good evidence under lost",
        "stripped_evidence.py::test_good_evidence_under_bad[gone]",
        c.EACH_FETCHED_ON_ITS_OWN,
    ),
    _attack(37, "a log entry about another signature", f"{_CHANGED}[entry-of-another]", c.ENTRY_BODY),
    _attack(37, "the same, in an old log", f"{_CHANGED}[old-entry-of-another]", c.ENTRY_BODY),
    _attack(37, "no log entry", f"{_CHANGED}[no-entry]", c.ENTRY_THERE),
    _attack(39, "a log's time without its promise", f"{_CHANGED}[no-promise]", c.PROMISE_THERE),
    _attack(39, "another time under a promise", f"{_CHANGED}[later-time]", c.PROMISE),
    _attack(39, "no time at all", f"{_CHANGED}[no-timestamp]", c.ENOUGH_TIMES),
    _attack(
        39, "a good timestamp beside a late one", f"{_PROOF}a_second_timestamp_from_another_time", c.VALID_AT_ITS_TIME
    ),
    _attack(39, "an expired intermediate", f"{_PROOF}an_intermediate_that_had_expired", c.VALID_AT_ITS_TIME),
    _attack(39, "an expired certificate", f"{_CERTIFICATE}[expired]", c.VALID_AT_ITS_TIME),
    _attack(40, "a timestamp of another signature", f"{_CHANGED}[timestamp-of-another]", c.IMPRINT, c.TOKEN),
    _attack(40, "an authority that looks the same", f"{_CHANGED}[timestamp-by-a-twin]", c.TOKEN),
    _attack(40, "a timestamp twice", f"{_CHANGED}[timestamp-twice]", c.ONE_TIME_EACH),
    _attack(40, "a timestamp 33 times", f"{_CHANGED}[33-timestamps]", c.MOST_TIMES, c.ONE_TIME_EACH),
    _attack(41, "a certificate that no log knows", f"{_CERTIFICATE}[no-sct]", c.SCT_THERE),
    _attack(41, "a certificate with two promises", f"{_CERTIFICATE}[two-scts]", c.ONE_SCT),
    _attack(41, "a promise for another certificate", f"{_CERTIFICATE}[sct-for-another]", c.SCT),
    _attack(42, "another subject", f"{_CERTIFICATE}[another-subject]", c.CERTIFICATE_SUBJECT),
    _attack(42, "another issuer", f"{_CERTIFICATE}[another-issuer]", c.CERTIFICATE_ISSUER),
    _attack(42, "two issuers", f"{_CERTIFICATE}[two-issuers]", c.ONE_ISSUER),
    _attack(42, "a subject that goes on", f"{_PROOF}a_subject_that_nearly_fits[end]", c.ANCHORED),
    _attack(42, "a subject across parts", f"{_PROOF}a_subject_that_nearly_fits[part]", c.STARS_STOP),
    _attack(42, "a subject in capitals", f"{_PROOF}a_subject_that_nearly_fits[case]", c.CERTIFICATE_SUBJECT),
    _attack(42, "an address that is a URI", f"{_PROOF}an_address_that_is_a_uri", c.SUBJECT_KIND),
    _attack(
        42,
        "a reusable workflow of everybody",
        f"{_PROOF}a_reusable_workflow_run_for_another_repository",
        c.EXTENSIONS,
    ),
    _attack(
        42,
        "no issuer asked for",
        f"{_PROOF}a_subject_without_its_issuer[{{subject: alice@acme.example}}]",
        c.ISSUER_ASKED,
    ),
    _attack(
        42,
        "an empty issuer",
        f"{_PROOF}a_subject_without_its_issuer[{{issuer: '', subject: alice@acme.example}}]",
        c.ISSUER_TEXT,
    ),
    _attack(47, "an old bundle", f"{_CHANGED}[old-version]", c.BUNDLE_VERSION, c.BUNDLE_VERSION_AGAIN),
    _attack(47, "no inclusion proof", f"{_CHANGED}[no-inclusion]", c.INCLUSION_THERE),
    _attack(49, "a checkpoint under another name", f"{_CHANGED}[another-log's-name]", c.CHECKPOINT_ORIGIN),
    _attack(49, "a checkpoint of another size", f"{_CHANGED}[another-size]", c.CHECKPOINT_TREE),
    _attack(49, "a checkpoint by another key", f"{_CHANGED}[checkpoint-by-a-twin]", c.CHECKPOINT_SIGNATURE),
    _attack(49, "another place in the tree", f"{_CHANGED}[another-index]", c.INCLUSION, c.CHECKPOINT_TREE),
    _attack(
        52,
        "an authority after its time",
        f"{_PROOF}an_authority_that_did_not_count_any_more[certificateAuthorities-ca-window]",
        c.CA_WINDOW,
    ),
    _attack(
        52,
        "a log after its time",
        f"{_PROOF}an_authority_that_did_not_count_any_more[tlogs-log-window]",
        c.LOG_WINDOW,
    ),
    _attack(
        52,
        "a certificate log after its time",
        f"{_PROOF}an_authority_that_did_not_count_any_more[ctlogs-ct-window]",
        c.CT_WINDOW,
    ),
    _attack(
        52,
        "a timestamp authority after its time",
        f"{_PROOF}an_authority_that_did_not_count_any_more[timestampAuthorities-tsa-window]",
        c.TSA_WINDOW,
    ),
    _attack(52, "a window without a start", f"{_PROOF}a_window_without_a_start[tlogs]", c.WINDOW_START),
    _attack(
        53,
        "a Sigstore of the same names",
        f"{_PROOF}another_instance_that_names_itself_the_same",
        c.ISSUED,
        c.SCT,
    ),
    _attack(54, "a stolen key that had ended", f"{_KEYS}a_stolen_key_that_had_ended[moment0]", c.KEY_WINDOW),
    _attack(
        54,
        "a signature without its time",
        f"{_KEYS}a_signature_whose_time_was_taken_away",
        *(c.KEY_TIME, c.IN_FORCE),
    ),
    _attack(54, "the time of another signature", f"{_KEYS}the_time_of_another_signature", c.IMPRINT, c.TOKEN),
    _attack(
        54,
        "the attacker's timestamp authority",
        f"{_KEYS}the_attacker_s_own_timestamp_authority",
        *(c.PINNED_AUTHORITY, c.TOKEN),
    ),
    _attack(
        54,
        "the attacker's log",
        f"{_KEYS}the_attacker_s_own_log",
        c.PINNED_LOG,
    ),
    _attack(54, "a log entry beside a key", f"{_KEYS}a_log_entry_about_another_signature", c.PROOFS_CHECKED),
    _attack(
        54,
        "a key that has ended, no time asked for",
        f"{_KEYS}a_key_that_has_ended_where_no_time_is_asked_for",
        c.IN_FORCE,
    ),
    _attack(54, "a copy without its time", f"{_KEYS}a_copy_without_its_time_does_not_hide_the_whole_one", c.WHOLE_COPY),
    _attack(
        55,
        "somebody else's certificate",
        f"{_PRIVATE}a_certificate_of_the_same_authority[somebody-else]",
        c.PKI_SUBJECT,
    ),
    _attack(55, "an address for a host", f"{_PRIVATE}a_certificate_of_the_same_authority[name-as-dns]", c.PKI_KIND),
    _attack(
        55,
        "an expired certificate",
        f"{_PRIVATE}a_certificate_of_the_same_authority[expired]",
        c.VALID_AT_ITS_TIME,
    ),
    _attack(
        55, "an authority brought along", f"{_PRIVATE}an_authority_that_the_bundle_brings", c.ISSUED, c.PATH_LENGTH
    ),
    _attack(55, "an employee who issues", f"{_PRIVATE}a_certificate_issued_by_an_employee", c.MAY_ISSUE),
    _attack(
        55,
        "no proven time",
        f"{_PRIVATE}a_signature_without_a_proven_time",
        *(c.PKI_TIME, c.IN_FORCE),
    ),
    _attack(
        55,
        "an expired certificate, no time asked for",
        f"{_PRIVATE}an_expired_certificate_where_no_time_is_asked_for",
        c.IN_FORCE,
    ),
    _attack(
        55,
        "a Sigstore pinned as an authority",
        f"{_PRIVATE}a_sigstore_pinned_as_a_private_authority",
        c.ISSUER_NOT_PASSED_OVER,
    ),
    _attack(
        55,
        "an authority for a Sigstore",
        f"{_PRIVATE}a_private_certificate_in_a_sigstores_place",
        c.KNOWN_AUTHORITY,
    ),
    _attack(
        70, "another model's name", f"{_OTHER}a_signed_version_under_another_models_name[provenance]", c.SUBJECT_NAME
    ),
    _attack(70, "a name that is nearly accepted", f"{_OTHER}another_name_that_the_operator_accepts", c.SUBJECT_NAME),
    _attack(
        70,
        "cosign's name for another place",
        f"{_OTHER}a_claim_of_cosigns_about_another_place[evil.example/{{model}}]",
        c.SUBJECT_NAME,
    ),
    _attack(71, "alice's words, signed by bob", f"{_OTHER}bobs_copy_of_alices_words", c.RIGHT_SIGNER),
    _attack(71, "alice's name, signed by bob", f"{_OTHER}an_approval_that_says_it_is_somebody_elses", c.OWN_NAME),
    _attack(71, "a rejection for an approval", f"{_OTHER}a_rejection_passed_off_as_an_approval[reject]", c.SAYS_YES),
    _attack(77, "a shard that nobody signed", f"{_WORLD}a_shard_that_nobody_signed", c.NO_GAP),
    _attack(
        77,
        "bytes behind the last shard",
        f"{_WORLD}what_is_in_no_shard[bytes-behind-the-last-shard]",
        c.SHARDED_SIZE,
    ),
    _attack(77, "an empty file beside shards", f"{_WORLD}what_is_in_no_shard[an-empty-file]", c.SHARDED_NO_FILE_MORE),
    _attack(4, "an adapter beside another base", f"{_ANCESTOR}an_adapter_beside_another_base", c.ONE_BASE),
    _attack(19, "what a stolen key signed", f"{_REVOKED}what_a_stolen_key_signed", c.REVOKED_SIGNER),
    _attack(19, "a revoked version", f"{_REVOKED}a_revoked_version", c.REVOKED_VERSION),
    _attack(
        19,
        "the student of a revoked teacher",
        f"{_REVOKED}what_was_made_from_a_revoked_version[acme/student]",
        c.REVOKED_ANCESTOR,
    ),
    _attack(19, "its heir", f"{_REVOKED}what_was_made_from_a_revoked_version[acme/tuned]", c.REVOKED_ANCESTOR),
    _attack(19, "a revoked dataset", f"{_REVOKED}what_was_trained_on_a_revoked_dataset", c.REVOKED_DATASET),
    _attack(
        19,
        "an ancestor withheld",
        f"{_REVOKED}the_ancestor_that_would_show_it_is_withheld",
        c.ANCESTORS_FOLLOWED,
    ),
    _attack(19, "a feed withheld", f"{_REVOKED}the_feed_is_withheld", c.FEED_THERE),
    _attack(19, "a frozen feed", f"{_REVOKED}the_feed_is_frozen", c.FEED_FRESH),
    _attack(19, "an older feed", f"{_REVOKED}an_older_issue_of_the_feed", c.FEED_NEWEST),
    _attack(19, "a forked feed", f"{_REVOKED}another_history_of_the_feed", c.FEED_ONE_HISTORY),
    _attack(19, "a stranger's feed", f"{_REVOKED}a_feed_by_somebody_else[mallory]", c.FEED_VERIFIED),
    _attack(19, "the publisher's feed", f"{_REVOKED}a_feed_by_somebody_else[publisher]", c.FEED_SIGNER),
    _attack(
        21,
        "an adapter on a base that nobody approved",
        f"{_ANCESTOR}an_adapter_on_a_base_that_nobody_approved",
        c.ANCESTOR_SIGNED,
    ),
    _attack(
        21,
        "an unsigned teacher of the base",
        f"{_ANCESTOR}a_bad_teacher_two_generations_up[ROOTS-ancestor-not-signed]",
        c.ANCESTOR_SIGNED,
        c.ANCESTOR_KNOWN,
    ),
    _attack(
        21,
        "a refused teacher of the base",
        f"{_ANCESTOR}a_bad_teacher_two_generations_up[SAME-ancestor-refused]",
        c.ANCESTOR_ALLOWED,
        c.ANCESTOR_KNOWN,
    ),
    _attack(
        21,
        "a bad teacher's evidence withheld",
        f"{_ANCESTOR}the_evidence_of_a_bad_teacher_is_withheld",
        c.ANCESTOR_KNOWN,
    ),
    _attack(21, "a version made from itself", f"{_ANCESTOR}a_version_that_was_made_from_itself", c.NO_CYCLE),
    _attack(
        73,
        "a base in the place of another",
        f"{_ANCESTOR}a_base_that_the_store_put_in_the_place_of_another",
        c.ANCESTOR_SIGNED,
    ),
    _attack(20, "a claimed time for a proven one", f"{_BACK}a_stolen_key_with_a_claimed_time", c.KEY_TIME, c.IN_FORCE),
    _attack(20, "an evaluation from the future", f"{_BACK}an_evaluation_from_the_future", c.NO_FUTURE),
    _attack(20, "a certificate that had expired", f"{_BACK}a_certificate_that_was_expired_then", c.VALID_AT_ITS_TIME),
    _attack(22, "weight_map: ../", f"{_LEADS}[weight-map]", c.REFERENCES_INSIDE),
    _attack(22, "a weight_map that stands twice", f"{_LEADS}[weight-map-twice]", c.REFERENCE_ONCE),
    _attack(22, "behind a megabyte of an index", f"{_LEADS}[late-in-the-index]", c.INDEX_WHOLE),
    _attack(22, "an adapter's base by path", f"{_LEADS}[adapter]", c.BASE_BY_NAME),
    _attack(22, "a tokenizer's vocabulary", f"{_LEADS}[tokenizer]", c.REFERENCES_INSIDE),
    _attack(22, "weights by configuration", f"{_LEADS}[weights-by-configuration]", c.REFERENCES_INSIDE),
    _attack(22, "a part of a sentence model", f"{_LEADS}[sentence-transformers]", c.REFERENCES_INSIDE),
    _attack(22, "ONNX data elsewhere", f"{_LEADS}[onnx]", c.REFERENCES_INSIDE),
    _attack(22, "ONNX data in a branch", f"{_LEADS}[onnx-inside-a-branch]", c.ONNX_BRANCHES),
    _attack(22, "ONNX data in memory", f"{_LEADS}[onnx-of-this-process]", c.ONNX_MEMORY),
    _attack(22, "ONNX for one reader only", f"{_LEADS}[onnx-written-oddly]", c.ONNX_KEYS),
    _attack(22, "ONNX by its name only", f"{_LEADS}[onnx-disguised]", c.ONNX_BY_NAME),
    *(
        _attack(22, words, f"references_outside.py::test_code_of_another_repository[{name}]", c.CODE_ELSEWHERE)
        for name, words in (
            ("model", "auto_map of another repository"),
            ("pipeline", "a pipeline of another repository"),
            ("tokenizer", "a list for an auto_map"),
            ("adapter", "an adapter that trusts code"),
        )
    ),
    _attack(
        22, "a BOM that keeps quiet", "references_outside.py::test_a_bom_that_keeps_quiet_about_it", c.OUTSIDE_BY_BYTES
    ),
    _attack(
        22, "before a byte is fetched", "references_outside.py::test_a_bom_that_says_so_is_enough", c.OUTSIDE_BY_BOM
    ),
    _attack(
        22,
        "in a folder that is verified",
        "references_outside.py::test_a_folder_that_leads_outside",
        c.OUTSIDE_IN_FOLDER,
    ),
    _attack(23, "the shared copy swapped", f"{_SWAPPED}the_shared_copy_is_swapped_while_a_server_starts", c.OWN_COPY),
    _attack(23, "a copy where others write", f"{_SWAPPED}a_copy_where_others_may_write", c.PRIVATE_CACHE),
    _attack(23, "a copy that can be written to", f"{_SWAPPED}the_copy_is_nobodys_to_write_to", c.READ_ONLY),
    _attack(25, "a handle from before the check", f"{_SWAPPED}a_writer_who_still_has_a_file_open", c.BYTES_IN_PLACE),
    _attack(29, "a payload no scanner finds", f"{_PAYLOAD}a_scanned_pickle[pydoc]", c.CODE_BY_BOM, c.KIND_BY_BYTES),
    _attack(29, "a pickle for a vocabulary", f"{_PAYLOAD}a_pickle_that_the_bom_calls_text[vocab.txt]", c.KIND_BY_BYTES),
    _attack(
        38, "a good signature over no claim", f"{_CONFUSED}words_that_are_no_statement[another-type]", c.STATEMENT_TYPE
    ),
    _attack(
        38,
        "the same, by a certificate",
        f"{_CONFUSED}words_that_are_no_statement_by_a_certificate[another-type]",
        c.STATEMENT_TYPE,
    ),
    _attack(
        38,
        "a claim of nearly the type",
        f"{_CONFUSED}a_claim_of_nearly_the_same_type[{TEST_RESULT}.1]",
        c.RIGHT_TYPE,
    ),
    _attack(43, "two signatures", f"{_CONFUSED}two_signatures_in_an_envelope", c.ONE_SIGNATURE),
    _attack(
        43,
        "two, beside a certificate",
        f"{_CONFUSED}two_signatures_beside_a_certificate",
        *(c.ONE_SIGNATURE, c.ONE_SIGNATURE_AGAIN),
    ),
    _attack(44, "a version among the subjects", f"{_CONFUSED}a_version_among_the_subjects", c.FIRST_SUBJECT),
    _attack(44, "a subject without a name", f"{_CONFUSED}a_subject_of_another_name[]", c.SUBJECT_NAME),
    _attack(44, "a digest in capitals", f"{_CONFUSED}a_subject_with_an_odd_digest[upper]", c.FORM_OF_DIGEST),
    _attack(
        44,
        "a digest by SHA-1 alone",
        f"{_CONFUSED}a_subject_with_an_odd_digest[sha1-alone]",
        *(c.SHA256_SUBJECT, c.SUBJECT_DIGEST),
    ),
    _attack(
        45,
        "a note read as a statement",
        f"{_CONFUSED}another_payload_read_as_a_statement",
        c.PAYLOAD_TYPE,
        c.PAYLOAD_TYPE_AGAIN,
    ),
    _attack(
        45, "another type for a note", f"{_CONFUSED}another_type_for_a_note_that_was_signed", c.CERTIFIED_SIGNATURE
    ),
    _attack(46, "a key for a certificate", f"{_CONFUSED}a_key_in_the_place_of_a_certificate", c.KEYS_FOR_KEYS),
    _attack(46, "a hint that chooses", f"{_CONFUSED}a_hint_that_chooses_whom_to_trust", c.HINT_CHOOSES_NOTHING),
    _attack(
        48, "a mirror that nobody vouches for", f"{_MIRROR}a_mirror_that_nobody_vouches_for", c.ROOT_BY_ITS_OPERATOR
    ),
    _attack(48, "a root exchanged in the cache", f"{_MIRROR}a_cached_root_that_was_exchanged", c.CACHE_VERIFIED),
    _attack(48, "a change that nobody saw", f"{_MIRROR}a_change_that_nobody_has_seen", c.CHANGE_AGREED),
    _attack(50, "two log entries", f"{_CONFUSED}more_log_entries_than_one", c.ONE_ENTRY_OF_A_LOG),
    _attack(50, "17 certificates", f"{_CONFUSED}more_certificates_than_a_path_has", c.MOST_CERTIFICATES),
    _attack(50, "a thousand subjects", f"{_CONFUSED}a_statement_about_a_thousand_things", c.MOST_SUBJECTS),
    _attack(50, "a timestamp 33 times", f"{_CHANGED}[33-timestamps]", c.MOST_TIMES, c.ONE_TIME_EACH),
    _attack(50, "deep nesting", f"{_READ}a_signed_statement[nested]", c.DEPTH),
    _attack(
        50, "a bundle of 32 MB", f"{_ENDLESS}a_bundle_that_says_it_is_huge", c.BUNDLE_SIZE, c.READ_LIMIT, c.JSON_LIMIT
    ),
    _attack(51, "a bundle that would not verify", f"{_SIGNING}a_bundle_that_would_not_verify", c.OWN_VERIFIER),
    _attack(56, "a mirror that goes back", f"{_MIRROR}a_mirror_that_goes_back", c.MIRROR_REMEMBERED),
    _attack(56, "a mirror that stands still", f"{_MIRROR}a_mirror_that_stands_still", c.MIRROR_FRESH),
    _attack(56, "a mirror by other keys", f"{_MIRROR}a_mirror_by_other_keys", c.PINNED_TUF_ROOT),
    _attack(56, "a target exchanged", f"{_MIRROR}a_target_that_was_exchanged", c.TARGET_DIGEST),
    _attack(56, "a target that climbs out", f"{_MIRROR}a_target_outside_of_its_folder", c.FIXED_TARGETS),
    _attack(
        57,
        "a login that others finish",
        f"{_SIGNING}a_login_that_somebody_else_finishes[?code=stolen&state=guessed]",
        c.LOGIN_STATE,
    ),
    _attack(57, "a token without TLS", f"{_SIGNING}a_token_on_its_way_without_tls[fulcio]", c.SERVICE_TLS),
    _attack(57, "a token in a message", f"{_SIGNING}a_token_in_a_message[message]", c.TOKEN_SCRUBBED),
    _attack(58, "another's timestamp", f"{_SIGNING}a_timestamp_that_is_none[replay-tsa-answer]", c.STAMP_ANSWER),
    _attack(
        58, "a timestamp that stays away", f"{_SIGNING}a_timestamp_that_is_none[status-tsa-refused]", c.STAMP_NEEDED
    ),
    _attack(58, "another's log entry", f"{_SIGNING}a_log_entry_of_another_signature[1]", c.ENTRY_ANSWER),
    _attack(58, "another's certificate", f"{_SIGNING}a_certificate_of_somebody_else", c.CERTIFICATE_ANSWER),
    _attack(59, "a forgotten flag", f"{_SIGNING}a_forgotten_flag", c.PINNED_INSTANCE),
    _attack(59, "a public log unasked", f"{_SIGNING}a_public_log_that_nobody_meant", c.PUBLIC_SAID),
    _attack(59, "an entry for nothing", f"{_SIGNING}a_log_entry_for_a_push_that_fails", c.STAMPED_FIRST),
    _attack(59, "a key logged unasked", f"{_SIGNING}a_key_is_logged_on_demand_only", c.LOGGED_ON_DEMAND),
    _attack(72, "a demand less below", f"{_BELOW}a_base_that_was_exchanged[a-demand-less]", c.COMPOSED_DIGEST),
    _attack(72, "another key below", f"{_BELOW}a_base_that_was_exchanged[another-key]", c.KEYS_IN_DIGEST),
    _attack(72, "a demand taken away above", f"{_BELOW}a_base_that_takes_a_demand_away", c.DEMANDS_JOINED),
    _attack(
        72,
        "a policy that is fetched",
        f"{_BELOW}a_base_that_would_be_fetched[http://{{host}}/org.yaml]",
        c.NEVER_FETCHED,
    ),
    _attack(76, "a signature collected", f"{_COLLECTED}[signature]", c.SIGNATURE_THERE),
    _attack(76, "a provenance collected", f"{_COLLECTED}[provenance]", c.PROVENANCE_THERE),
    _attack(76, "an ML-BOM collected", f"{_COLLECTED}[ml-bom]", c.BOM_THERE),
    *(_attack(row, words, test, *checks) for row, words, test, checks in log_mutations.LINES),
)

NOT_HERE: Final[Mapping[int, str]] = {
    30: "out of scope: who is the same user on the same host can do all that we can",
}
"""Row of the threat table that has no line → why."""
