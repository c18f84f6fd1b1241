"""The store over HTTP, and the only module that imports oras.

From oras come the session (no cookies), the parsing of names and the addresses made from them, the check for a blob
and the reading of tags; all their traffic passes `do_request`, which is ours. Its push, pull, upload, download, login
and retries are not used: they verify nothing, hold files in memory and send credentials to strangers (see
registry/README.md). Everything that comes out of here is untrusted.
"""

from __future__ import annotations

import contextlib
import random
import re
import time
from typing import TYPE_CHECKING, Any, Final

import oras.container
import oras.provider

from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import (
    BadReference,
    ContentMismatch,
    NotFound,
    RangeUnsupported,
    SourceChanged,
    StoreRefused,
)
from attest_registry.oci import answers, connection, credentials, referrers
from attest_registry.oci.address import Address, Origin, joined
from attest_registry.oci.bodies import BlobStream, Outgoing, check_encoding
from attest_registry.oci.content import may_move, numbers_of
from attest_registry.oci.descriptor import FILEPATH, TITLE, Descriptor
from attest_registry.oci.http import Request, Transient, Transport, persist
from attest_registry.oci.manifest import Manifest
from attest_registry.oci.remote_manifests import RemoteManifests, conflict
from attest_registry.oci.remote_options import DEFAULT_OPTIONS
from attest_registry.oci.remote_options import RemoteOptions as RemoteOptions  # noqa: PLC0414  # public here too
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import requests

_HIDDEN: Final = ("sha256-", "attest-")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
_SESSION_LOST: Final = frozenset({"BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"})
_SETTLE_SECONDS: Final = 0.03


class _Client(oras.provider.Registry):
    """oras' registry with our transport below it."""

    def __init__(self, address: Address, options: RemoteOptions, repository: str) -> None:
        super().__init__(hostname=address.netloc, insecure=address.scheme == "http", tls_verify=address.authorities)
        connection.prepare(self.session, use_environment=not address.origin.is_loopback)
        self.repository = repository
        self.transport = Transport(
            address=address,
            session=self.session,
            options=options,
            find=lambda: credentials.find(address.host, repository),
        )

    def do_request(  # noqa: PLR0917
        self,
        url: str,
        method: str = "GET",
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        stream: bool = False,  # noqa: FBT001, FBT002  # oras' signature
    ) -> requests.Response:
        """What oras' own methods ask for: small answers, read whole and bounded."""
        if data is not None or json is not None or stream or method not in ("GET", "HEAD"):
            raise TypeError("only the reading methods of oras are used")
        request = Request(
            method=method,
            url=url,
            asked=f"{'the versions' if '/tags/' in url else 'a blob'} of {self.repository}",
            scope=f"repository:{self.repository}:pull",
            headers=headers or {},
            accept=frozenset({200, 404}),
        )
        response, body = self.transport.document(request, limit=limits.MANIFEST_BYTES)
        response._content = body  # noqa: SLF001  # how requests keeps a body; it is read, bounded, at this point
        return response

    def _do_paginated_request(self, url: str, callable: Callable[[requests.Response], Any]) -> None:  # noqa: A002
        """As oras', but bounded, and never to another host."""
        seen: set[str] = set()
        for _ in range(limits.TAG_PAGES):
            seen.add(url)
            response = self.do_request(url)
            following = response.links.get("next", {}).get("url")
            if response.status_code != 200 or not callable(response) or not following:  # noqa: PLR2004
                return
            url = joined(url, following)
            if Origin.of(url) != self.transport.address.origin or url in seen:
                break
        raise StoreRefused(
            f"{self.transport.address.host} lists {self.repository} without an end",
            code="endless-listing",
            expected=f"at most {limits.TAG_PAGES} pages, each another",
        )


class RemoteRepository:
    """One repository of a registry; implements `content.Repository`. Safe for several threads.

    Args:
        host: the registry, as in a reference.
        model: the model's name without host.
        options: how the registry is to be reached.

    Raises:
        BadReference: host or model cannot be one, or the file of authorities is not there.
    """

    def __init__(self, host: str, model: str, options: RemoteOptions = DEFAULT_OPTIONS) -> None:
        address = Address.of(host, options)
        self._model = model
        self._address = address
        self._repository = address.repository(model)
        self._client = _Client(address, options, self._repository)
        self._transport = self._client.transport
        self._container = oras.container.Container(f"{address.netloc}/{self._repository}")
        if self._container.registry != address.netloc or self._container.api_prefix != self._repository:
            raise BadReference(f"{model!r} on {host} cannot be addressed")  # its pattern took a part for another
        base = f"{address.scheme}://{self._container.manifest_url('-')}".removesuffix("/manifests/-")
        self._manifests = RemoteManifests(self._transport, base=base, model=model, repository=self._repository)

    @property
    def model(self) -> str:
        """The model's name without host."""
        return self._model

    @property
    def place(self) -> str:
        """The host."""
        return self._address.host

    @property
    def nearby(self) -> bool:
        """No: each question is a round trip."""
        return False

    @property
    def compares(self) -> bool:
        """No: distribution-spec knows no conditions, and who ignores If-Match answers as if he had heard it."""
        return False

    def fetch_manifest(self, digest: Digest) -> bytes:
        """The raw bytes of a manifest or index, their digest checked.

        Raises:
            NotFound: there is no such manifest.
            ContentMismatch: the registry answered with other bytes, or too many.
        """
        return self._manifests.fetch_manifest(digest)

    @contextlib.contextmanager
    def open_blob(self, blob: Descriptor, *, offset: int = 0) -> Iterator[BlobStream]:
        """A blob's bytes from `offset` on, unchecked.

        Raises:
            NotFound: there is no such blob.
            RangeUnsupported: the registry cannot start at `offset`.
        """
        what = f"blob {blob.digest.short} of {self._model}"
        request = Request(
            method="GET",
            url=self._url(self._container.get_blob_url(str(blob.digest))),
            asked=what,
            scope=self._scope("pull"),
            headers={"Range": f"bytes={offset}-"} if offset else {},
            accept=frozenset({200, 206, 416}) if offset else frozenset({200}),
        )
        response = self._transport.send(request)
        with BlobStream(response, host=self.place, what=what, idle=self._transport.timing.idle) as stream:
            check_encoding(response, host=self.place)
            begins = response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")
            if offset and not (response.status_code == 206 and begins):  # noqa: PLR2004
                raise RangeUnsupported(f"{self.place} cannot go on with {what} from byte {offset}")
            yield stream

    def resolve(self, tag: str) -> Descriptor:
        """What the tag points at now, over the bytes that were received.

        Raises:
            NotFound: there is no such tag.
            ContentMismatch: it is no OCI manifest, or the registry contradicts itself.
        """
        return self._manifests.resolve(_checked_tag(tag))

    def has_blob(self, blob: Descriptor) -> bool:
        """Whether the registry says that the blob is there already."""
        return bool(self._client.blob_exists({"digest": str(blob.digest)}, self._container))

    def push_blob(
        self, blob: Descriptor, source: Path | bytes, *, advance: Callable[[int], None] | None = None
    ) -> None:
        """Store a blob in one request; the file is opened anew for each attempt.

        Args:
            blob: its descriptor.
            source: where the bytes are.
            advance: told how many bytes went; less than nothing when an attempt begins again.

        Raises:
            ContentMismatch: the file no longer holds what the descriptor says.
            StoreError: the registry cannot be reached, or would not take it.
        """
        if isinstance(source, bytes) and not Digest.of(source).matches(blob.digest):
            raise _changed(blob, self._model)
        going: list[Outgoing] = []

        def opened() -> Outgoing:
            if going and advance is not None and going[-1].sent:
                advance(-going[-1].sent)
            going.append(Outgoing(source, size=blob.size, what=_named(blob), advance=advance))
            return going[-1]

        persist(lambda: self._upload(blob, opened), self._transport.timing)

    def push_manifest(self, raw: bytes, media_type: str) -> Descriptor:
        """Store a manifest or index under its digest, and list one with a `subject` among that one's referrers.

        Raises:
            Conflict: other writers keep taking its entry out of the listing.
            StoreError: the registry cannot be reached, or would not take it.
        """
        document = parse_object(raw, what="the manifest to be pushed", limit=limits.MANIFEST_BYTES)
        if document.get("subject") is None:
            self._put(raw, media_type)
        else:
            manifest = Manifest.parse(raw, what="the manifest to be pushed")
            if manifest.subject is not None:
                self.push_referrers(manifest.subject.digest, [manifest])
        return Descriptor.of(raw, media_type)

    def push_referrers(self, subject: Digest, manifests: Sequence[Manifest]) -> None:
        """As `push_manifest` for several that refer to one subject, which are listed in one step.

        Raises:
            Conflict: other writers keep taking entries out of the listing.
            StoreError: the registry cannot be reached, or would not take them.
        """
        # distribution-spec, "Pushing Manifests with Subject": the header says that the registry took note
        noted = [
            self._put(manifest.raw, manifest.descriptor.media_type).headers.get("OCI-Subject") == str(subject)
            for manifest in manifests
        ]
        if manifests and not (all(noted) and self._manifests.serves_referrers()):
            referrers.attach(self._manifests, subject, manifests)

    def tags(self) -> Sequence[str]:
        """All tags that people see; empty where the repository does not exist yet.

        Raises:
            ContentMismatch: the registry's answer is no list of tags.
        """
        try:
            names = self._client.get_tags(self._container)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
            raise ContentMismatch(
                f"{self.place} sent no list of tags of {self._model}", code="malformed-listing"
            ) from error
        return [
            name for name in names if isinstance(name, str) and _TAG.fullmatch(name) and not name.startswith(_HIDDEN)
        ]

    def numbers(self, most: int) -> Sequence[int]:
        """The highest version numbers among the tags, the highest first, at most `most`.

        Raises:
            ContentMismatch: as `tags`.
        """
        return numbers_of(self.tags(), most)

    def tag(self, tag: str, target: Descriptor, *, replace: bool | Digest = False) -> None:
        """Point a tag at a manifest that is already there, and look again whether it stayed.

        Args:
            tag: the name.
            target: the manifest.
            replace: whether it may point at something else until now; a digest: at nothing else than this manifest.

        Raises:
            Conflict: the tag points at something else than it may, or another writer was faster.
            NotFound: there is no such manifest.
        """
        started = time.monotonic()
        current = self._tagged(_checked_tag(tag))
        if current == target.digest:
            return
        if not may_move(current, target.digest, replace=replace):
            raise conflict(self.place, tag, self._model, expected=target.digest, found=current)
        raw = self._manifests.fetch_manifest(target.digest)
        asked = f"the tag {tag} of {self._model}"
        self._manifests.put(tag, raw, target.media_type, asked=asked, absent=current is None and replace is False)
        window = time.monotonic() - started + _SETTLE_SECONDS
        time.sleep(random.uniform(window / 2, window))  # noqa: S311  # a writer who looked before us writes meanwhile
        found = self._tagged(tag)
        if found != target.digest:
            raise conflict(self.place, tag, self._model, expected=target.digest, found=found)

    def referrers(self, subject: Digest) -> Sequence[Descriptor]:
        """Manifests that claim `subject` as their subject. The claim is not checked."""
        return referrers.listed(self._manifests, subject)

    def _upload(self, blob: Descriptor, opened: Callable[[], Outgoing]) -> None:
        """One attempt: begin a session, then send everything in one request."""
        asked = f"the push of {_named(blob)} to {self._model}"
        start = self._url(self._container.upload_blob_url())
        scope = self._scope("pull,push")
        begun = self._transport.send(
            Request(method="POST", url=start, asked=asked, scope=scope, body=b"", accept=frozenset({202}), repeat=False)
        )
        begun.close()
        url = self._session_address(start, begun.headers.get("Location"), asked)
        request = Request(
            method="PUT",
            url=f"{url}{'&' if '?' in url else '?'}digest={blob.digest}",
            asked=asked,
            scope=scope,
            headers={"Content-Type": "application/octet-stream"},
            body=opened,
            accept=frozenset({200, 201, 204, 400, 404, 416}),
            repeat=False,
            size=blob.size,
        )
        response, body = self._transport.answered(request, limit=limits.ERROR_BODY_BYTES)
        if response.status_code in (200, 201, 204):
            return
        if "DIGEST_INVALID" in answers.codes(body):
            raise _changed(blob, self._model)
        error = answers.refused(response.status_code, body, host=self.place, asked=asked, credentials="", reads=False)
        if _SESSION_LOST & answers.codes(body) or response.status_code == 404:  # noqa: PLR2004
            raise Transient(error)  # a new session, from the beginning of the blob
        raise error

    def _session_address(self, start: str, location: str | None, asked: str) -> str:
        """Where to send the blob: absolute, relative, with or without a query; on another host without credentials."""
        if not location:
            raise StoreRefused(f"{self.place} did not say where to send {asked}", expected="a Location header")
        url = joined(start, location)
        if self._address.scheme == "https" and Origin.of(url).scheme == "http":
            raise StoreRefused(
                f"{self.place} wants {asked} without TLS",
                code="redirect-refused",
                found=str(Origin.of(url)),
                hint="the registry's proxy has to set X-Forwarded-Proto: https",
            )
        return url

    def _put(self, raw: bytes, media_type: str) -> requests.Response:
        digest = Digest.of(raw)
        asked = f"the push of manifest {digest.short} to {self._model}"
        return self._manifests.put(str(digest), raw, media_type, asked=asked)

    def _tagged(self, tag: str) -> Digest | None:
        try:
            return self._manifests.resolve(tag).digest
        except NotFound:
            return None

    def _url(self, path: str) -> str:
        return f"{self._address.scheme}://{path}"

    def _scope(self, actions: str) -> str:
        return f"repository:{self._repository}:{actions}"


def _named(blob: Descriptor) -> str:
    unnamed = "the config" if blob.media_type.partition("+")[0].endswith("config.v1") else f"blob {blob.digest.short}"
    return blob.annotations.get(FILEPATH) or blob.annotations.get(TITLE) or unnamed


def _changed(blob: Descriptor, model: str) -> SourceChanged:
    return SourceChanged(
        f"{_named(blob)} of {model} changed while it was pushed",
        expected=str(blob.digest),
        found="other bytes",
        hint="push again when nothing writes to the folder",
    )


def _checked_tag(tag: str) -> str:
    if not _TAG.fullmatch(tag):
        raise BadReference(f"{tag[:80]!r} is no tag", expected="letters, digits, _ . and -, at most 128 characters")
    return tag
