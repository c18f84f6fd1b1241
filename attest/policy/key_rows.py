"""Every key of a policy document. Who adds a demand adds its rows here, and reads its mappings with `TABLE.checked`."""

from __future__ import annotations

from typing import Final

from attest.claims.predicates import WORDS
from attest.claims.training import Operation
from attest.model.manifest import FileKind
from attest.policy.claim_rows import ROWS as CLAIM_ROWS
from attest.policy.denial_rows import ROWS as DENIAL_ROWS
from attest.policy.free_rule_rows import ROWS as FREE_RULE_ROWS
from attest.policy.keys import Key, Shape, Table
from attest.policy.log_rows import ROWS as LOG_ROWS
from attest.policy.requirements import LINEAGE_WORDS, SourceState
from attest.policy.summary_rows import ROWS as SUMMARY_ROWS

API_VERSION: Final = "attest/v1"
KIND: Final = "Policy"
NAME_PATTERN: Final = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""What identities and roles may be called."""

_URI: Final = "[A-Za-z][A-Za-z0-9+.-]*:.+"
_BY: Final = "identities or roles of which one has to have signed it"
_TYPES: Final = tuple(word.lower().replace(" ", "-") for word in WORDS.values())

EXTENSIONS: Final = (
    "build-config-digest", "build-config-uri", "build-signer-digest", "build-signer-uri", "build-trigger",
    "github-workflow-name", "github-workflow-ref", "github-workflow-repository", "github-workflow-sha",
    "github-workflow-trigger", "run-invocation-uri", "runner-environment", "source-repository-digest",
    "source-repository-identifier", "source-repository-owner-identifier", "source-repository-owner-uri",
    "source-repository-ref", "source-repository-uri", "source-repository-visibility",
)  # fmt: skip
"""What a Sigstore's certificates can say; written out, because reading certificates costs a key's policy too much."""


def _key(path: str, about: str, *shapes: Shape, required: bool = False, words: tuple[str, ...] = ()) -> Key:
    return Key(path=path, about=about, shapes=shapes, words=words, required=required)


_HEAD: Final = (
    Key(path="apiVersion", about="the version", shapes=(Shape.WORD,), words=(API_VERSION,), required=True),
    Key(path="kind", about="that it is a policy", shapes=(Shape.WORD,), words=(KIND,), required=True),
    _key("name", "what verdicts call it", Shape.TEXT, required=True),
    _key("description", "for people", Shape.TEXT),
    _key("extends", "one policy file that this one goes on from", Shape.FILE),
    _key("names", "other names under which the model may have been signed, as they stand", Shape.TEXTS),
)

_PEOPLE: Final = (
    _key("identities", "name → who that is", Shape.NAMED, required=True),
    _key("identities.*", "a key, a Sigstore's certificates, or a private authority's", Shape.KEYS),
    _key("identities.*.key", "public key, or its PEM text", Shape.FILE),
    _key("identities.*.not-before", "from when its signatures count", Shape.TIME),
    _key("identities.*.not-after", "until when its signatures count", Shape.TIME),
    _key(
        "identities.*.time", "whether a signature needs a proven time", Shape.WORD, words=("required", "not-required")
    ),
    _key("identities.*.issuer", "URL of who vouched for the login, exact", Shape.TEXT),
    _key("identities.*.subject", "address, URI or user name, exact", Shape.TEXT),
    _key("identities.*.subject-glob", "pattern for the whole of it, instead of `subject`", Shape.TEXT),
    _key(
        "identities.*.kind",
        "as what the certificate names the subject",
        Shape.WORD,
        words=("email", "uri", "username", "dns", "name"),
    ),
    _key("identities.*.extensions", "what the issuer said besides", Shape.KEYS),
    *(_key(f"identities.*.extensions.{name}", "exact, or a pattern with `*`", Shape.TEXT) for name in EXTENSIONS),
    _key("identities.*.root", "certificates of a private authority, PEM", Shape.FILE),
    _key("identities.*.usage", "what its certificates are for", Shape.WORD, words=("code-signing", "any")),
    _key("identities.*.trust", "the one of `trust.roots` that vouches here, in place of `trust.root`", Shape.TEXT),
    _key("roles", "name of a role → who has it", Shape.NAMED),
    _key(
        "roles.*",
        "`publisher`, `builder`, `evaluator`, `reviewer`, `approver`, `admin`, or a name of your own",
        Shape.PERSONS,
    ),
    _key("trust", "who vouches for certificates and times; `root` or `tsa-chain`, `roots`, or both", Shape.KEYS),
    _key("trust.root", "pinned `trusted_root.json` of a Sigstore", Shape.FILE),
    _key("trust.tsa-chain", "certificates of a timestamp authority, PEM", Shape.FILE),
    _key("trust.roots", "further Sigstores: name → pinned root, for the identities that name it", Shape.NAMED),
    _key("trust.roots.*", "pinned `trusted_root.json`", Shape.FILE),
)

_REQUIRE: Final = (
    _key("require", "which claims, by whom", Shape.KEYS, required=True),
    _key("require.signature", "a model signature over exactly the files", Shape.KEYS),
    _key("require.signature.by", _BY, Shape.PERSONS, required=True),
    _key("require.provenance", "a provenance", Shape.KEYS),
    _key("require.provenance.by", _BY, Shape.PERSONS, required=True),
    _key("require.provenance.builder", "builder URIs, one of which is stated", Shape.TEXTS),
    _key("require.provenance.source", "where the code came from", Shape.KEYS),
    _key("require.provenance.source.repository", "repositories, one of which is stated; compared whole", Shape.TEXTS),
    _key("require.provenance.source.clean", "a commit without uncommitted changes", Shape.TRUE),
    _key(
        "require.provenance.operation",
        "what may have been done",
        Shape.WORDS,
        words=tuple(word.value for word in Operation),
    ),
    _key("require.ml-bom", "an ML-BOM", Shape.KEYS),
    _key("require.ml-bom.by", _BY, Shape.PERSONS, required=True),
    _key("require.ml-bom.consistent", "that it does not contradict the provenance", Shape.TRUE),
    _key("require.proven-time", "that every claim which is demanded has a proven time of signing", Shape.TRUE),
    _key("require.claims", "further claims", Shape.ENTRIES),
    Key(
        path="require.claims[].type",
        about="a word, or the URI of a predicate type; where the type has an answer it has to be yes",
        shapes=(Shape.WORD, Shape.TEXT),
        words=_TYPES,
        pattern=_URI,
        required=True,
    ),
    _key("require.claims[].by", _BY, Shape.PERSONS, required=True),
)

_FILES: Final = (
    _key(
        "formats", "which files; `any` for every one, also those that run code", Shape.KEYS, Shape.WORD, words=("any",)
    ),
    _key(
        "formats.allow",
        "kinds of file, by the signed ML-BOM and by the bytes",
        Shape.WORDS,
        words=tuple(kind.value for kind in FileKind),
    ),
    _key(
        "formats.code-bearing",
        "files that may run code when loaded, or lead outside of the model, by name or pattern",
        Shape.TEXTS,
    ),
)


def _lineage(word: str) -> tuple[Key, ...]:
    path = f"lineage.{word}"
    return (
        _key(path, "how well each is known", Shape.WORD, Shape.KEYS, words=("any", "known", "signed")),
        _key(
            f"{path}.must",
            "`known`: stated with its digest; `signed`: and signed",
            Shape.WORD,
            words=("known", "signed"),
        ),
        _key(f"{path}.by", "who has to have signed it; those of `require.signature` when left out", Shape.PERSONS),
        _key(f"{path}.satisfies", "`same` policy, or another policy file", Shape.WORD, Shape.FILE, words=("same",)),
        Key(
            path=f"{path}.depth",
            about="for how many generations, or to the `roots`",
            shapes=(Shape.WHOLE, Shape.WORD),
            words=("roots",),
            least=1,
            most=100,
        ),
    )


_LINEAGE: Final = (
    _key("lineage", "what is known of where it came from", Shape.KEYS),
    *(row for word in LINEAGE_WORDS for row in _lineage(word)),
    _key(
        "lineage.source",
        "how well the code is known",
        Shape.WORD,
        words=tuple(state.value for state in SourceState),
    ),
)

_MORE: Final = (*FREE_RULE_ROWS, *SUMMARY_ROWS, *LOG_ROWS, *DENIAL_ROWS)

TABLE: Final = Table((*_HEAD, *_PEOPLE, *_REQUIRE, *CLAIM_ROWS, *_FILES, *_LINEAGE, *_MORE))
"""All keys, in the order in which a policy is best written."""
