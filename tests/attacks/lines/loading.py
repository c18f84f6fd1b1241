"""Attacks on registries, files and loading (rows 15 to 35)."""

from __future__ import annotations

from typing import Final

from tests.attacks.attack import attack
from tests.attacks.checks import evidence, files, registry

_WORLD: Final = "closed_world.py::test_"
_OTHER: Final = "other_evidence.py::test_"
_READ: Final = "two_readings.py::test_"
_ENDLESS: Final = "endless_answers.py::test_"

LINES: Final = (
    attack(15, "a key twice in a statement", f"{_READ}a_signed_statement[twice]", evidence.KEYS_ONCE),
    attack(15, "NaN", f"{_READ}a_signed_statement[not-a-number]", evidence.NUMBERS),
    attack(15, "deep nesting", f"{_READ}a_signed_statement[nested]", evidence.DEPTH),
    attack(15, "bytes that are not UTF-8", f"{_READ}a_signed_statement[bad-utf-8]", evidence.UTF8),
    attack(15, "half a character", f"{_READ}a_signed_statement[surrogate]", evidence.SURROGATES),
    attack(15, "an integer of 400 digits", f"{_READ}a_signed_statement[huge-integer]", evidence.INTEGERS),
    attack(15, "a key twice in a bundle", f"{_READ}a_bundle[twice]", evidence.KEYS_ONCE),
    attack(15, "a key twice in a manifest", f"{_READ}a_manifest[twice]", evidence.KEYS_ONCE),
    attack(15, "two signatures", f"{_READ}a_bundle_with_two_ways_to_read_it[two-signatures]", evidence.ONE_SIGNATURE),
    attack(
        15,
        "a key and a certificate",
        f"{_READ}a_bundle_with_two_ways_to_read_it[two-materials]",
        evidence.ONE_MATERIAL,
        evidence.KEY_MATERIAL,
        evidence.KEY_MATERIAL_AGAIN,
    ),
    attack(15, "an index and a manifest in one", f"{_READ}an_index_and_a_manifest_in_one", registry.ONE_KIND),
    attack(
        16,
        "a manifest without an end",
        f"{_ENDLESS}a_manifest_without_an_end[tag]",
        registry.DOCUMENT_LIMIT,
        evidence.JSON_LIMIT,
    ),
    attack(
        16, "the same on disk", f"{_ENDLESS}a_manifest_without_an_end_on_disk", registry.FILE_LIMIT, registry.READ_LIMIT
    ),
    attack(16, "pages without an end", f"{_ENDLESS}a_listing_without_an_end[empty]", registry.MOST_PAGES),
    attack(16, "the same page again and again", f"{_ENDLESS}a_listing_without_an_end[same-page]", registry.NEW_PAGES),
    attack(16, "a flood of evidence", f"{_ENDLESS}more_evidence_than_anybody_looks_at", registry.MOST_EVIDENCE),
    attack(
        16,
        "a bundle of 32 MB",
        f"{_ENDLESS}a_bundle_that_says_it_is_huge",
        evidence.BUNDLE_SIZE,
        registry.READ_LIMIT,
        evidence.JSON_LIMIT,
    ),
    attack(16, "a million parts", f"{_ENDLESS}a_statement_of_a_million_parts", evidence.PARTS),
    attack(16, "a size of 100 PB", f"{_ENDLESS}a_size_that_cannot_be[100000000000000000]", files.MODEL_SIZE),
    attack(16, "a size below 0", f"{_ENDLESS}a_size_that_cannot_be[-1]", files.POSITIVE_SIZE),
    attack(16, "8,000 layers more", f"{_ENDLESS}more_layers_than_a_model_has", files.MOST_LAYERS),
    attack(
        17,
        "a download to another host",
        "leaked_credentials.py::test_a_download_that_moves_to_another_host[307]",
        registry.SAME_ORIGIN,
    ),
    attack(
        17,
        "an upload to another host",
        "leaked_credentials.py::test_an_upload_that_goes_to_another_host",
        registry.SAME_ORIGIN,
    ),
    attack(
        17, "a write to another host", "leaked_credentials.py::test_a_write_that_is_redirected", registry.WRITES_STAY
    ),
    attack(
        17,
        "a token service elsewhere",
        "leaked_credentials.py::test_a_token_service_on_another_host[http]",
        registry.SAFE_REALM,
    ),
    attack(
        17,
        "a redirect with a password",
        "leaked_credentials.py::test_a_redirect_to_what_is_no_address[user]",
        registry.PLAIN_ADDRESS,
    ),
    attack(17, "redirects in a circle", "leaked_credentials.py::test_redirects_in_a_circle", registry.MOST_REDIRECTS),
    attack(
        17,
        "a password in a message",
        "leaked_credentials.py::test_a_password_that_a_registry_repeats",
        registry.SCRUBBED,
    ),
    attack(
        18,
        "a subject by MD5",
        "forms_of_digests.py::test_a_subject_by_another_hash[md5]",
        evidence.SHA256_SUBJECT,
        evidence.SUBJECT_DIGEST,
    ),
    attack(
        18,
        "a digest that nearly matches",
        "forms_of_digests.py::test_a_subject_that_matches_only_at_its_beginning",
        registry.WHOLE_DIGEST,
    ),
    attack(
        18, "the same, as such", "forms_of_digests.py::test_the_comparison_is_of_whole_digests", registry.WHOLE_DIGEST
    ),
    attack(18, "files by BLAKE2", "forms_of_digests.py::test_files_by_another_hash[blake2b]", evidence.SHA256_FILES),
    attack(
        24,
        "a swapped file in the cache",
        "poisoned_cache.py::test_what_is_handed_out_is_what_was_signed[swap_file]",
        files.BYTES_IN_PLACE,
    ),
    attack(
        24,
        "a planted file in the cache",
        "poisoned_cache.py::test_what_is_handed_out_is_what_was_signed[plant]",
        files.NOTHING_MORE,
    ),
    attack(
        24,
        "and a registry that helps",
        "poisoned_cache.py::test_with_the_registry_against_us_too[swap_file]",
        files.BYTES_IN_PLACE,
    ),
    attack(
        24,
        "a cut file in the cache",
        "poisoned_cache.py::test_what_is_handed_out_is_what_was_signed[cut]",
        files.SIZE_IN_PLACE,
        files.BYTES_IN_PLACE,
    ),
    attack(
        24,
        "a cached file that others write to",
        "poisoned_cache.py::test_a_cached_file_that_others_may_write_to",
        files.OURS_ALONE,
    ),
    attack(
        24,
        "a cache that others write to",
        "poisoned_cache.py::test_a_cache_that_others_may_write_to[cache]",
        files.PRIVATE_CACHE,
    ),
    attack(
        24,
        "a swapped part of a download",
        "poisoned_cache.py::test_a_part_of_a_download_that_was_swapped",
        registry.BLOB_DIGEST,
    ),
    attack(
        24,
        "a swapped finished part",
        "poisoned_cache.py::test_a_finished_part_that_was_swapped",
        registry.FINISHED_PART,
    ),
    attack(26, "tags swapped", "poisoned_index.py::test_a_tag_that_points_at_another_version", evidence.SIGNATURE),
    attack(
        26, "a tag twice", "poisoned_index.py::test_a_tag_that_stands_twice", registry.ONE_ENTRY, evidence.SIGNATURE
    ),
    attack(26, "an index with a key twice", "poisoned_index.py::test_an_index_that_is_none[twice]", evidence.KEYS_ONCE),
    attack(
        26, "an index of another version", "poisoned_index.py::test_an_index_that_is_none[version]", registry.INDEX_FORM
    ),
    attack(
        26,
        "a manifest replaced in place",
        "poisoned_index.py::test_a_manifest_that_was_replaced_where_it_lies",
        registry.READ_DIGEST,
        evidence.SIGNATURE,
    ),
    attack(26, "every list spoilt in turn", "poisoned_index.py::test_every_list_in_turn", evidence.JSON_ERRORS),
    attack(
        26,
        "a listing of other evidence",
        "poisoned_index.py::test_a_listing_of_somebody_elses_evidence[elsewhere]",
        evidence.REFERS,
        evidence.FILE_DIGESTS,
    ),
    attack(
        26,
        "a fallback tag of other evidence",
        "poisoned_index.py::test_a_fallback_tag_that_lists_another_versions_evidence",
        evidence.FILE_DIGESTS,
    ),
    attack(27, "nobody listens", "unreachable.py::test_nobody_listens", registry.TRANSLATION),
    attack(
        27, "a name that does not resolve", "unreachable.py::test_a_name_that_does_not_resolve", registry.TRANSLATION
    ),
    attack(
        27,
        "an error with the right bytes",
        "unreachable.py::test_an_error_at_each_step[501-store-refused-blob]",
        registry.STATUS,
    ),
    attack(27, "500", "unreachable.py::test_a_busy_registry[500-store-refused]", registry.STATUS),
    attack(
        27,
        "an error for the list",
        "unreachable.py::test_a_registry_that_hides_its_list_behind_an_error",
        registry.STATUS,
    ),
    attack(
        27, "a body that drips", "unreachable.py::test_a_registry_that_drips[body-manifest]", registry.DOCUMENT_TIME
    ),
    attack(27, "a head that drips", "unreachable.py::test_a_registry_that_drips[head-evidence]", registry.HEAD_TIME),
    attack(
        27,
        "silence",
        "unreachable.py::test_a_registry_that_drips[silence-manifest]",
        registry.READ_TIME,
        registry.HEAD_TIME,
    ),
    attack(
        27,
        "a connection that is always lost",
        "unreachable.py::test_a_connection_that_is_always_lost",
        registry.ENOUGH_TRIES,
    ),
    attack(27, "offline", "unreachable.py::test_nothing_may_be_reached", registry.OFFLINE),
    attack(
        28,
        "an adapter on the command line",
        "other_models_at_run_time.py::test_an_argument[vllm-lora]",
        registry.ARGUMENTS,
    ),
    attack(
        28,
        "adapters by environment",
        "other_models_at_run_time.py::test_a_variable[VLLM_ALLOW_RUNTIME_LORA_UPDATING]",
        registry.VARIABLES,
    ),
    attack(28, "hubs that stay on", "other_models_at_run_time.py::test_the_hubs_are_switched_off", registry.HUBS_OFF),
    attack(
        31,
        "a signature that ignores all",
        f"{_WORLD}a_signature_that_looks_away_from_a_version[ignores-everything]",
        evidence.NARROW_IGNORE,
        evidence.NO_FILE_MORE,
    ),
    attack(
        31,
        "a signature over nothing",
        f"{_WORLD}a_signature_that_looks_away_from_a_version[signs-nothing]",
        evidence.SOME_FILE,
        evidence.NO_FILE_MORE,
    ),
    attack(
        31,
        "the same, for a folder",
        f"{_WORLD}a_signature_that_looks_away_from_a_folder[signs-nothing]",
        evidence.SOME_FILE,
        evidence.NO_FILE_MORE,
    ),
    attack(32, "renamed files in a version", f"{_OTHER}renamed_files_with_the_same_root_digest", evidence.FILE_NAMES),
    attack(
        32, "renamed files in a folder", f"{_OTHER}a_renamed_folder_with_the_same_root_digest", evidence.FOLDER_NAMES
    ),
    attack(33, "a linked folder, pushed", f"{_WORLD}a_linked_folder_is_not_signed_around", files.NO_LINKED_FOLDERS),
    attack(
        33,
        "a linked folder, verified",
        f"{_WORLD}a_linked_folder_is_not_verified_around",
        files.NO_LINKED_FOLDERS,
        evidence.NO_FILE_MORE,
    ),
    attack(
        33,
        "git's folder, verified",
        f"{_WORLD}content_under_git_is_not_passed_over",
        files.NO_GIT,
        evidence.NO_FILE_MORE,
    ),
    attack(33, "git's folder, pushed", f"{_WORLD}a_hub_repository_is_not_signed", files.NO_GIT),
    attack(
        34,
        "a certificate for a key",
        "certificates.py::test_a_certificate_in_the_place_of_a_key[certificate]",
        evidence.KEY_MATERIAL,
        evidence.KEY_MATERIAL_AGAIN,
    ),
    attack(
        34,
        "a key that the bundle brings",
        "certificates.py::test_a_key_that_the_bundle_brings_along",
        evidence.SIGNATURE,
    ),
    attack(
        35,
        "a swapped layer, equal annotation",
        "other_bytes.py::test_a_swapped_layer_with_an_equal_annotation",
        evidence.FILE_DIGESTS,
    ),
)
