"""Files from a TUF mirror, each verified from a pinned root before anybody reads it.

python-tuf does the work, over our own door to services. Nothing is read from a cache unverified: what lies in the
folder only saves requests (sigstore-python's offline mode takes such files as they are: TOB-SIGSTORE-10).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attest.errors import InputError, ServiceAnswerInvalid, ServiceError
from attest.signing.services import DEFAULT, Kind, Service

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuf.ngclient.fetcher import FetcherInterface
    from tuf.ngclient.updater import Updater

    from attest_registry.oci.remote_options import RemoteOptions

PUBLIC_GOOD: Final = "https://tuf-repo-cdn.sigstore.dev"
STAGING: Final = "https://tuf-repo-cdn.sigstage.dev"
TRUSTED_ROOT: Final = "trusted_root.json"
SIGNING_CONFIG: Final = "signing_config.v0.2.json"

_MOST_BYTES: Final = 8 * 1024 * 1024


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
        folder: where metadata and files may be kept; a folder of its own is made for this mirror and root.
        options: how the mirror is reached.

    Raises:
        ServiceError: `tuf-unreachable`, `tuf-failed`, `tuf-answer`.
        ServiceAnswerInvalid: `tuf-not-trusted`: signed by others, rolled back, expired, or without such a target.
    """
    from tuf.api.exceptions import DownloadError, RepositoryError  # noqa: PLC0415  # only where a mirror is asked
    from tuf.ngclient.updater import Updater  # noqa: PLC0415

    service = Service(kind=Kind.TUF, url=url.rstrip("/"), options=options)
    own = folder / hashlib.sha256(service.url.encode() + b"\0" + root).hexdigest()[:32]
    files = own / "targets"
    files.mkdir(parents=True, exist_ok=True)
    try:
        updater = Updater(
            str(own),
            service.url,
            target_dir=str(files),
            target_base_url=f"{service.url}/targets/",
            fetcher=_fetcher(service),
            bootstrap=root,
        )
        updater.refresh()
        return {name: _target(updater, name, service) for name in targets}
    except DownloadError as error:
        if isinstance(error.__cause__, ServiceError):
            raise error.__cause__ from error
        raise ServiceAnswerInvalid(f"{service.name} lacks a file", code="tuf-answer", found=str(error)[:160]) from error
    except (RepositoryError, ValueError, OSError) as error:
        raise ServiceAnswerInvalid(
            f"{service.name} does not fit the root that is pinned for it",
            code="tuf-not-trusted",
            found=str(error)[:160],
            hint="check the mirror's address and its root.json; an expired mirror has to be signed again",
        ) from error


def _target(updater: Updater, name: str, service: Service) -> bytes:
    info = updater.get_targetinfo(name)
    if info is None:
        raise ServiceAnswerInvalid(f"{service.name} has no {name}", code="tuf-target-missing")
    path = updater.find_cached_target(info) or updater.download_target(info)
    data = Path(path).read_bytes()
    info.verify_length_and_hashes(data)  # of what is used, whoever wrote to the folder meanwhile
    return data


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
