"""Every bound in one table: name, unit, reason. All are on by default; none can be switched off.

A bound is what keeps a hostile store, folder or document from filling memory, disk or time (docs/threats.md
rows 14-16).
"""

from __future__ import annotations

from typing import Final

MANIFEST_BYTES: Final = 4 * 1024 * 1024
"""Bytes of one manifest or index. CNCF Distribution refuses more, so nothing honest is larger."""

CONFIG_BYTES: Final = 4 * 1024 * 1024
"""Bytes of one config blob."""

BUNDLE_BYTES: Final = 32 * 1024 * 1024
"""Bytes of one Sigstore bundle. A signature over 8,000 files with long names stays below 4 MiB."""

EVENT_BUNDLE_BYTES: Final = 4 * 1024 * 1024
"""Bytes of one event of a model's log: the state of a thousand aliases and a thousand roles stays below 1 MiB."""

JSON_DEPTH: Final = 64
"""Nesting of a JSON document. CycloneDX, the deepest we read, stays below 20."""

JSON_PARTS: Final = 1_000_000
"""Keys and values of a JSON document. Each takes up to 100 bytes of memory, however few it has in the document: 32 MiB
of `{}` would fill 0.9 GB. The ML-BOM of 8,000 files has 280,000."""

FILES_PER_MODEL: Final = 8_000
"""Files of one version: each is a layer of about 400 bytes, and the manifest has to stay below MANIFEST_BYTES."""

SHARDS_PER_SIGNATURE: Final = 100_000
"""Byte ranges of one model signature over shards: 100 TB at the usual size of 1 GB. Each is kept for comparison."""

MODEL_BYTES: Final = 64 * 1024**4
"""Bytes of all files of one version. The largest published models stay below 3 TiB."""

PATH_BYTES: Final = 1_024
"""UTF-8 bytes of one path inside a model."""

PATH_PARTS: Final = 32
"""Folders of such a path and its file. Each folder is compared with all others: 4 MiB of paths made of one-letter
folders would take 2 GiB."""

NAME_BYTES: Final = 255
"""UTF-8 bytes of one component of such a path: what Linux file systems hold."""

REFERRERS_PER_ARTEFACT: Final = 1_000
"""Evidence manifests looked at for one version."""

CARD_BYTES: Final = 4 * 1024 * 1024
"""Bytes of one signed model card. With 2,000 rows of metrics it stays below 1 MiB."""

EVIDENCE_BYTES: Final = 128 * 1024 * 1024
"""Bytes of all bundles of one version: those of eight signers of 8,000 files. They are judged in memory."""

LINEAGE_INPUTS: Final = 10_000
"""Inputs of a version and of all its ancestors together that are looked at; a version has a handful."""

LINEAGE_ANCESTORS: Final = 500
"""Ancestors of one version whose evidence is fetched. Each is a version of its own, with up to EVIDENCE_BYTES."""

REFERRER_PAGES: Final = 50
"""Pages of a referrers listing that are followed."""

TAG_PAGES: Final = 1_000
"""Pages of a tags listing that are followed."""

REDIRECTS: Final = 5
"""Redirects followed for one request."""

ERROR_BODY_BYTES: Final = 16 * 1024
"""Bytes of an error answer that are read for its message."""

CONNECT_SECONDS: Final = 10.0
"""Time to reach a host."""

IDLE_SECONDS: Final = 60.0
"""Time without a byte after which a transfer counts as dead."""

TRIES: Final = 4
"""Attempts for one request that may be repeated."""

RETRY_SECONDS: Final = 120.0
"""Longest wait that a Retry-After header can ask for, and the longest time spent on repeating one request."""

PARALLEL_TRANSFERS: Final = 4
"""Blobs moved at a time (measured against docker-registry: more gains nothing, fewer loses a third)."""

BLOCK_BYTES: Final = 1024 * 1024
"""Bytes read at a time when hashing or copying: smaller blocks cost up to three times as much under threads."""

LAYOUT_INDEX_BYTES: Final = 64 * 1024 * 1024
"""Bytes of the `index.json` of one model in the embedded store: about 300,000 tags."""

LAYOUT_INDEX_PARTS: Final = 5_000_000
"""Keys and values of such an index: 16 for each tag."""

PAGE_TOKEN_CHARACTERS: Final = 4_096
"""Characters of a token that asks the catalogue for the next page. It names the last line of a page."""

FILTER_CHARACTERS: Final = 4_096
"""Characters of a filter of the catalogue."""

FILTER_DEPTH: Final = 20
"""Parentheses and NOTs inside each other in a filter."""

FILTER_TERMS: Final = 50
"""Comparisons of one filter. Each is a question about every version that the others leave."""

FILTER_VALUES: Final = 200
"""Values of one list in a filter."""

FILTER_WILDCARDS: Final = 10
"""Percent signs of one pattern in a filter: matching takes time that grows with their power."""

FILTER_ORDERS: Final = 4
"""Keys that a search is ordered by."""

NOTE_BYTES: Final = 5_000
"""UTF-8 bytes of one unsigned tag or annotation (MLflow's limit of tags)."""
