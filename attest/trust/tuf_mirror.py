"""Files from a TUF mirror, each verified from a pinned root before anybody reads it.

python-tuf does the work (client workflow of the TUF specification, section 5), over our own door to services. Nothing
is read from a cache unverified: what lies in the folder saves requests, and remembers which versions were seen, so that
no mirror goes back to an older state. sigstore-python's offline mode takes such files as they are (TOB-SIGSTORE-10).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attest.errors import InputError, ServiceAnswerInvalid, ServiceError
from attest.signing.services import DEFAULT, Kind, Service
from attest.trust.times import shown
from attest_registry.errors import StoreRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuf.api.exceptions import DownloadError
    from tuf.ngclient.fetcher import FetcherInterface
    from tuf.ngclient.updater import Updater

    from attest_registry.oci.remote_options import RemoteOptions

PUBLIC_GOOD: Final = "https://tuf-repo-cdn.sigstore.dev"
STAGING: Final = "https://tuf-repo-cdn.sigstage.dev"
TRUSTED_ROOT: Final = "trusted_root.json"
SIGNING_CONFIG: Final = "signing_config.v0.2.json"

_MOST_BYTES: Final = 8 * 1024 * 1024
_SAID: Final = 160


def embedded_root(url: str) -> bytes:
    """The root of a public instance, as the installed sigstore-python brings it.

    Raises:
        InputError: `tuf-root-missing`: it brings none for this mirror.
    """
    from importlib.resources import files  # noqa: PLC0415
    from urllib.parse import quote  # noqa: PLC0415

    try:
        return (files("sigstore") / "_store" / quote(url, safe="") / "root.json").read_bytes()
    except OSError as error:
        raise InputError(
            f"nothing says which root the mirror {url} has to begin with",
            code="tuf-root-missing",
            expected="the mirror's root.json, from its operator",
        ) from error


def fetch(
    url: str, targets: Sequence[str], *, root: bytes, folder: Path, options: RemoteOptions = DEFAULT
) -> dict[str, bytes]:
    """Targets of a mirror, fresh and verified.

    Args:
        url: the mirror.
        targets: names of the files.
        root: the root.json that is believed.
        folder: where metadata and files are kept; a folder of its own is made for this mirror and root.
        options: how the mirror is reached.

    Raises:
        InputError: `bad-tuf-root`: what is believed is no root.json.
        ServiceError: `tuf-unreachable`, `tuf-failed`, `tuf-refused`, `offline`.
        ServiceAnswerInvalid: `tuf-not-trusted`: signed by others; `tuf-expired`; `tuf-rolled-back`;
            `tuf-other-content`: a file is not the one that was signed for; `tuf-target-missing`; `tuf-answer`.
        StoreRefused: the folder cannot be written to.
    """
    from tuf.api.exceptions import DownloadError, RepositoryError  # noqa: PLC0415  # only where a mirror is asked

    from attest_registry.oci.layout_files import locked  # noqa: PLC0415

    service = Service(kind=Kind.TUF, url=url.rstrip("/"), options=options)
    own = folder / hashlib.sha256(service.url.encode() + b"\0" + root).hexdigest()[:32]
    try:
        (own / "targets").mkdir(parents=True, exist_ok=True)
        with locked(own / ".lock"):  # two updaters of one folder would each take the other's links away
            updater = _updater(service, root, own)
            updater.refresh()
            return {name: _target(updater, name, service) for name in targets}
    except DownloadError as error:
        if isinstance(error.__cause__, ServiceError):
            raise error.__cause__ from error
        raise _not_there(service, error) from error
    except (RepositoryError, ValueError) as error:
        raise _not_believed(service, own, error) from error
    except OSError as error:
        raise StoreRefused(
            f"what {service.name} said could not be kept in {own}: {error.strerror}", code="cannot-write"
        ) from error


def _updater(service: Service, root: bytes, own: Path) -> Updater:
    from tuf.api.exceptions import RepositoryError  # noqa: PLC0415
    from tuf.ngclient.updater import Updater  # noqa: PLC0415

    try:
        return Updater(
            str(own),
            service.url,
            target_dir=str(own / "targets"),
            target_base_url=f"{service.url}/targets/",
            fetcher=_fetcher(service),
            bootstrap=root,
        )
    except (RepositoryError, ValueError) as error:
        raise InputError(
            f"what is given as the root of {service.name} is no TUF root.json",
            code="bad-tuf-root",
            expected="a root.json, signed by the keys that it names",
            found=str(error)[:_SAID],
            hint="get it from the mirror's operator; a trusted_root.json is another file: attest trust pin FILE",
        ) from error


def _target(updater: Updater, name: str, service: Service) -> bytes:
    info = updater.get_targetinfo(name)
    if info is None:
        raise ServiceAnswerInvalid(f"{service.name} has no {name}", code="tuf-target-missing")
    path = updater.find_cached_target(info) or updater.download_target(info)
    data = Path(path).read_bytes()
    info.verify_length_and_hashes(data)  # of what is used, whoever wrote to the folder meanwhile
    return data


def _not_there(service: Service, error: DownloadError) -> ServiceAnswerInvalid:
    from tuf.api.exceptions import DownloadLengthMismatchError  # noqa: PLC0415

    what = "sent more than belongs there" if isinstance(error, DownloadLengthMismatchError) else "lacks a file"
    return ServiceAnswerInvalid(
        f"{service.name} {what}",
        code="tuf-answer",
        found=str(error)[:_SAID],
        hint="check that it is the address of a TUF mirror",
    )


def _not_believed(service: Service, own: Path, error: Exception) -> ServiceAnswerInvalid:
    """Why the chain from the pinned root to the file does not hold, by what helps."""
    from tuf.api import exceptions  # noqa: PLC0415
    from tuf.api.serialization import DeserializationError  # noqa: PLC0415

    found = str(error)[:_SAID]
    if isinstance(error, DeserializationError):
        return ServiceAnswerInvalid(
            f"{service.name} answered something that is no TUF metadata",
            code="tuf-answer",
            found=found,
            hint="check that it is the address of a TUF mirror, and that no login page or proxy answers for it",
        )
    if isinstance(error, exceptions.ExpiredMetadataError):
        return ServiceAnswerInvalid(
            f"what {service.name} serves has expired",
            code="tuf-expired",
            expected=f"metadata that is valid at {shown(datetime.now(UTC))}, by this machine's clock",
            found=found,
            hint="its operator has to sign it again; if it is fresh, this machine's clock is wrong",
        )
    if isinstance(error, exceptions.BadVersionNumberError):
        return ServiceAnswerInvalid(
            f"{service.name} serves an older state than it did before",
            code="tuf-rolled-back",
            found=found,
            hint="somebody keeps newer keys from you, or its operator set it up anew: ask him, on another way\n"
            f"only if he did, and says so: delete {own}",
        )
    if isinstance(error, exceptions.LengthOrHashMismatchError):
        return ServiceAnswerInvalid(
            f"{service.name} served a file that is not the one that was signed for",
            code="tuf-other-content",
            found=found,
            hint="try again; if it stays so, the mirror is broken or somebody changed it on the way",
        )
    return ServiceAnswerInvalid(
        f"{service.name} does not fit the root that is pinned for it",
        code="tuf-not-trusted",
        expected="metadata signed by the keys that the pinned root.json names",
        found=found,
        hint="check the mirror's address and its root.json",
    )


def _fetcher(service: Service) -> FetcherInterface:
    from tuf.api.exceptions import DownloadHTTPError  # noqa: PLC0415
    from tuf.ngclient.fetcher import FetcherInterface  # noqa: PLC0415

    class Fetcher(FetcherInterface):
        """python-tuf's requests through our door."""

        def _fetch(self, url: str) -> Iterator[bytes]:
            path = url.removeprefix(service.url)
            answer = service.ask(
                path, asked=path.rpartition("/")[2], accept=frozenset({200, 403, 404}), limit=_MOST_BYTES
            )
            if answer.status != 200:  # noqa: PLR2004
                raise DownloadHTTPError(f"{path} is not there", answer.status)
            return iter((answer.body,))

    return Fetcher()
