"""Manifests, index tags and the referrers API of one remote repository, as requests. Checks every digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import Conflict, ContentMismatch, NotFound, StoreRefused
from attest_registry.oci import answers
from attest_registry.oci.address import Origin, joined
from attest_registry.oci.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from attest_registry.oci.http import Request, Transient, Transport, persist
from attest_registry.oci.referrers import TagState
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    import requests

_ACCEPT: Final = f"{IMAGE_MANIFEST}, {IMAGE_INDEX}"
_KINDS: Final = frozenset({IMAGE_MANIFEST, IMAGE_INDEX})
_STORED: Final = frozenset({200, 201, 202, 204})
_NO_SUCH_API: Final = frozenset({400, 404, 405, 406, 501})
_BOOKS: Final = "attest-"
_RACED: Final = frozenset({"DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"})
"""What docker-registry says of a sound manifest while another client writes one of its blobs. The digest is ours."""

_NOBODY: Final = Digest(hex="0" * 64)
_RECENT: Final = 4


class RemoteManifests:
    """Requests about the manifests of one repository.

    Args:
        transport: to the registry.
        base: the address of the repository, `…/v2/NAME`.
        model: the model's name, for messages.
        repository: the repository's name there, for scopes.
    """

    def __init__(self, transport: Transport, *, base: str, model: str, repository: str) -> None:
        self._transport = transport
        self._base = base
        self._model = model
        self._repository = repository
        self._recent: dict[Digest, bytes] = {}
        self._has_api: bool | None = None

    @property
    def place(self) -> str:
        """The host."""
        return self._transport.address.host

    def fetch_manifest(self, digest: Digest) -> bytes:
        """A manifest's bytes, their digest checked.

        Raises:
            NotFound: there is no such manifest.
            ContentMismatch: the registry sent other bytes, or too many.
        """
        if (known := self._recent.get(digest)) is not None:
            return known
        asked = f"manifest {digest.short} of {self._model}"
        _, raw = self._get(str(digest), asked)
        found = Digest.of(raw)
        if not found.matches(digest):
            raise ContentMismatch(
                f"{self.place} sent another manifest than the one asked for",
                expected=str(digest),
                found=str(found),
                hint="do not use this copy; tell the registry's operator",
            )
        self._remember(found, raw)
        return raw

    def resolve(self, tag: str) -> Descriptor:
        """What a tag points at now, over the bytes that were received.

        Raises:
            NotFound: there is no such tag.
            ContentMismatch: it is no OCI manifest, or the registry contradicts itself.
        """
        asked = f"the {tag.removeprefix(_BOOKS)} of {self._model}" if tag.startswith(_BOOKS) else f"{self._model}:{tag}"
        response, raw = self._get(tag, asked)
        found = Digest.of(raw)
        self._check_own_digest(response, found, asked)
        kind = _kind(raw, response.headers.get("Content-Type"), f"{asked} on {self.place}")
        self._remember(found, raw)
        return Descriptor(media_type=kind, digest=found, size=len(raw))

    def put(self, name: str, raw: bytes, media_type: str, *, asked: str, absent: bool = False) -> requests.Response:
        """Store a manifest under a tag or its digest.

        Args:
            name: the tag or digest.
            raw: its bytes.
            media_type: its kind.
            asked: what this is, for messages.
            absent: only if there is no such tag yet, as far as the registry can tell.

        Raises:
            Conflict: the registry noticed that the tag exists.
            StoreRefused: it is too large, or the registry would not take it.
        """
        if len(raw) > limits.MANIFEST_BYTES:
            raise StoreRefused(
                f"the manifest for {self._model} is too large for a registry",
                code="registry-size-limit",
                expected=f"at most {limits.MANIFEST_BYTES} bytes",
                found=f"{len(raw)} bytes",
            )
        headers = {"Content-Type": media_type} | ({"If-None-Match": "*"} if absent else {})
        response = persist(lambda: self._stored(name, raw, headers, asked), self._transport.timing)
        self._check_own_digest(response, Digest.of(raw), asked)
        return response

    def _stored(self, name: str, raw: bytes, headers: dict[str, str], asked: str) -> requests.Response:
        response, body = self._write(name, raw, headers, asked, accept=_STORED | {400, 404})
        if response.status_code in _STORED:
            return response
        error = answers.refused(
            response.status_code,
            body,
            host=self.place,
            asked=asked,
            credentials=self._transport.authenticator.described(),
            reads=False,
        )
        if answers.codes(body) & _RACED:
            raise Transient(error)
        raise error

    def serves_referrers(self) -> bool:
        """Whether the registry has the referrers API. A header alone is no proof (ECR: sigstore-js #1183)."""
        if self._has_api is None:
            self._has_api = self.listed_by_api(_NOBODY) is not None
        return self._has_api

    def listed_by_api(self, subject: Digest) -> list[Any] | None:
        """The entries that the referrers API lists, or `None` where there is no such API."""
        entries: list[Any] = []
        url, seen = f"{self._base}/referrers/{subject}", set[str]()
        while len(entries) < limits.REFERRERS_PER_ARTEFACT:
            if url in seen or len(seen) >= limits.REFERRER_PAGES or Origin.of(url) != self._transport.address.origin:
                raise StoreRefused(
                    f"{self.place} lists the referrers of {subject.short} without an end",
                    code="endless-listing",
                    expected=f"at most {limits.REFERRER_PAGES} pages, each another, on the same host",
                )
            seen.add(url)
            request = self._request(
                "GET",
                url,
                asked=f"the evidence of {self._model}",
                headers={"Accept": IMAGE_INDEX},
                accept=_NO_SUCH_API | {200},
            )
            response, body = self._transport.document(request, limit=limits.MANIFEST_BYTES)
            if response.status_code in _NO_SUCH_API or not _is_index(response):
                return [] if "NAME_UNKNOWN" in answers.codes(body) else None
            page = parse_object(body, what=f"the listing of referrers on {self.place}", limit=limits.MANIFEST_BYTES)
            manifests = page.get("manifests")
            entries += manifests if isinstance(manifests, list) else []
            following = response.links.get("next", {}).get("url")
            if not following:
                break
            url = joined(url, following)
        return entries

    def read_tag(self, tag: str) -> TagState | None:
        """What an index tag holds; `None` where there is no such tag."""
        try:
            response, raw = self._get(tag, f"the listing of evidence of {self._model}", accept=f"{IMAGE_INDEX}, */*")
        except NotFound:
            return None
        return TagState(raw=raw, etag=response.headers.get("ETag"))

    def write_tag(self, tag: str, raw: bytes, *, known: TagState | None) -> bool:
        """Replace an index tag; false if the registry noticed that it is not `known` any more."""
        headers = {"Content-Type": IMAGE_INDEX}
        if known is None:
            headers["If-None-Match"] = "*"
        elif known.etag:
            headers["If-Match"] = known.etag
        asked = f"the listing of evidence of {self._model}"
        response, _ = self._write(tag, raw, headers, asked, accept=_STORED | {409, 412})
        return response.status_code in _STORED

    def _get(self, name: str, asked: str, *, accept: str = _ACCEPT) -> tuple[requests.Response, bytes]:
        request = self._request("GET", f"{self._base}/manifests/{name}", asked=asked, headers={"Accept": accept})
        return self._transport.document(request, limit=limits.MANIFEST_BYTES)

    def _write(
        self, name: str, raw: bytes, headers: dict[str, str], asked: str, *, accept: frozenset[int]
    ) -> tuple[requests.Response, bytes]:
        request = self._request(
            "PUT", f"{self._base}/manifests/{name}", asked=asked, headers=headers, accept=accept, body=raw
        )
        return self._transport.document(request, limit=limits.ERROR_BODY_BYTES)

    def _request(
        self,
        method: str,
        url: str,
        *,
        asked: str,
        headers: dict[str, str],
        accept: frozenset[int] = frozenset({200}),
        body: bytes | None = None,
    ) -> Request:
        actions = "pull" if method == "GET" else "pull,push"
        scope = f"repository:{self._repository}:{actions}"
        return Request(method=method, url=url, asked=asked, scope=scope, headers=headers, body=body, accept=accept)

    def _check_own_digest(self, response: requests.Response, found: Digest, asked: str) -> None:
        """Where the registry names a SHA-256 digest it has to be that of the bytes; other algorithms say nothing."""
        named = response.headers.get("Docker-Content-Digest", "")
        if named.startswith("sha256:") and named != str(found):
            raise ContentMismatch(
                f"{self.place} contradicts itself about {asked}", expected=named[:80], found=str(found)
            )

    def _remember(self, digest: Digest, raw: bytes) -> None:
        if len(self._recent) >= _RECENT:
            self._recent.pop(next(iter(self._recent)), None)
        self._recent[digest] = raw


def conflict(place: str, tag: str, model: str, *, expected: Digest, found: Digest | None) -> Conflict:
    """Somebody else's content under a tag."""
    return Conflict(
        f"{tag} of {model} on {place} is taken by other content",
        expected=expected.short,
        found=found.short if found is not None else "nothing",
    )


def _is_index(response: requests.Response) -> bool:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower() == IMAGE_INDEX


def _kind(raw: bytes, content_type: str | None, what: str) -> str:
    """The kind of a manifest, where document and header agree (CVE-2021-41190: one document, two meanings)."""
    document = parse_object(raw, what=what, limit=limits.MANIFEST_BYTES)
    header = (content_type or "").partition(";")[0].strip()
    kind = str(document.get("mediaType", header))
    if (
        kind not in _KINDS
        or (header in _KINDS and kind != header)
        or ("layers" in document and "manifests" in document)
    ):
        raise ContentMismatch(
            f"{what} is no OCI manifest",
            code="malformed-manifest",
            expected=" or ".join(sorted(_KINDS)),
            found=kind[:100] if kind in _KINDS or kind == header else f"{kind[:60]} sent as {header[:60]}",
        )
    return kind
