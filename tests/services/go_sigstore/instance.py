"""A whole Sigstore of the programs that run the public one: Fulcio, TesseraCT, Rekor v2 and the timestamp authority.

They are Go programs that tests/interop/install.sh builds; everything is on loopback, in a folder of its own, with keys
that were made a moment ago. `cosign` writes the trusted root and the signing configuration, as an operator would.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.trust.roots import TrustedRoot
from tests.interop.tools import program, succeed
from tests.services.go_sigstore import issuer as oidc
from tests.services.go_sigstore.material import PASSWORD, Material
from tests.services.go_sigstore.program import Started, free_ports, started
from tests.services.sigstore.instance import GITHUB, WORKFLOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HOST = "127.0.0.1"
JOB = f"https://github.com/{WORKFLOW}"
"""What Fulcio writes into the certificate of the job in `GITHUB`."""

PERSON = "dev@acme.test"


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where everything of one instance listens."""

    fulcio: int
    fulcio_grpc: int
    fulcio_metrics: int
    ct: int
    rekor: int
    rekor_grpc: int
    rekor_metrics: int
    tsa: int

    @classmethod
    def free(cls) -> Endpoints:
        return cls(**dict(zip(cls.__dataclass_fields__, free_ports(len(cls.__dataclass_fields__)), strict=True)))

    def url(self, port: int) -> str:
        return f"http://{_HOST}:{port}"


@dataclass(frozen=True, kw_only=True)
class GoSigstore:
    """A running instance.

    Args:
        folder: everything it wrote, logs included.
        issuer: its identity provider.
        at: its ports.
    """

    folder: Path
    issuer: oidc.Issuer
    at: Endpoints

    @property
    def trusted_root(self) -> Path:
        return self.folder / "trusted_root.json"

    @property
    def root(self) -> TrustedRoot:
        return TrustedRoot.load(self.trusted_root)

    @property
    def signing_config(self) -> Path:
        return self.folder / "signing_config.json"

    @property
    def trust_config(self) -> Path:
        return self.folder / "trust_config.json"

    @property
    def rekor(self) -> str:
        return self.at.url(self.at.rekor)

    @property
    def timestamps(self) -> str:
        return f"{self.at.url(self.at.tsa)}/api/v1/timestamp"

    @property
    def ci(self) -> str:
        """The issuer of jobs."""
        return self.issuer.url + oidc.CI

    @property
    def people(self) -> str:
        """The issuer of people."""
        return self.issuer.url + oidc.PEOPLE

    def job_token(self, **claims: Any) -> str:
        said: dict[str, Any] = GITHUB | claims
        return self.issuer.token(oidc.CI, **said)

    def person_token(self, **claims: Any) -> str:
        said: dict[str, Any] = {"sub": "dev", "email": PERSON, "email_verified": True} | claims
        return self.issuer.token(oidc.PEOPLE, **said)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[GoSigstore]:
    """All programs, until the end of the block.

    Every program is looked for first, so that a missing one skips before any is started.
    """
    for name in ("cosign", "fulcio", "tesseract", "rekor-server", "timestamp-server"):
        program(name)
    folder.mkdir(exist_ok=True)
    at, material = Endpoints.free(), Material.make(folder)
    with oidc.running() as issuer, contextlib.ExitStack() as stack:
        instance = GoSigstore(folder=folder, issuer=issuer, at=at)
        _configure_fulcio(instance)
        tesseract = stack.enter_context(_tesseract(instance, material))
        rekor = stack.enter_context(_rekor(instance, material))
        tsa = stack.enter_context(_timestamp_authority(instance))
        fulcio = stack.enter_context(_fulcio(instance, material))
        tesseract.wait_for(f"{at.url(at.ct)}/ct/v1/get-roots")
        rekor.wait_for(f"{instance.rekor}/healthz")
        tsa.wait_for(f"{at.url(at.tsa)}/ping")
        (folder / "tsa.pem").write_bytes(tsa.wait_for(f"{instance.timestamps}/certchain"))
        fulcio.wait_for(f"{at.url(at.fulcio)}/healthz")
        _write_trust(instance, material)
        yield instance


def _configure_fulcio(instance: GoSigstore) -> None:
    kinds = {instance.ci: "github-workflow", instance.people: "email"}
    issuers = {url: {"IssuerURL": url, "ClientID": "sigstore", "Type": kind} for url, kind in kinds.items()}
    (instance.folder / "fulcio.json").write_text(json.dumps({"OIDCIssuers": issuers}))


def _fulcio(instance: GoSigstore, material: Material) -> contextlib.AbstractContextManager[Started]:
    at = instance.at
    return started(
        "fulcio", program("fulcio"), "serve", "--ca=fileca", "--fileca-watch=false",
        f"--fileca-cert={material.authority}", f"--fileca-key={material.authority_key}",
        f"--fileca-key-passwd={PASSWORD}", f"--config-path={instance.folder / 'fulcio.json'}",
        f"--ct-log-url={at.url(at.ct)}", f"--ct-log-public-key-path={material.ct_public}", f"--ct-log-origin={_HOST}",
        f"--host={_HOST}", f"--port={at.fulcio}", f"--grpc-host={_HOST}", f"--grpc-port={at.fulcio_grpc}",
        f"--metrics-port={at.fulcio_metrics}",
        # one name for the whole machine otherwise: a second instance could not start
        f"--legacy-unix-domain-socket=@attest-tests-{at.fulcio}", folder=instance.folder,
    )  # fmt: skip


def _tesseract(instance: GoSigstore, material: Material) -> contextlib.AbstractContextManager[Started]:
    (instance.folder / "ct").mkdir()
    return started(
        "tesseract", program("tesseract"), f"--private_key={material.ct_key}", f"--origin={_HOST}",
        f"--storage_dir={instance.folder / 'ct'}", f"--roots_pem_file={material.authority}",
        f"--http_endpoint={_HOST}:{instance.at.ct}", folder=instance.folder,
    )  # fmt: skip


def _rekor(instance: GoSigstore, material: Material) -> contextlib.AbstractContextManager[Started]:
    (instance.folder / "rekor").mkdir()
    at = instance.at
    return started(
        "rekor-server", program("rekor-server"), "serve", f"--http-address={_HOST}", f"--http-port={at.rekor}",
        f"--grpc-address={_HOST}", f"--grpc-port={at.rekor_grpc}", f"--http-metrics-port={at.rekor_metrics}",
        # readers compare the checkpoint's origin with the host in the trusted root, without a port
        f"--hostname={_HOST}", f"--storage-dir={instance.folder / 'rekor'}", f"--signer-filepath={material.rekor_key}",
        "--checkpoint-interval=1s", "--batch-max-age=100ms", folder=instance.folder,
    )  # fmt: skip


def _timestamp_authority(instance: GoSigstore) -> contextlib.AbstractContextManager[Started]:
    return started(
        "timestamp-server", program("timestamp-server"), "serve", f"--host={_HOST}", f"--port={instance.at.tsa}",
        "--timestamp-signer=memory", "--disable-ntp-monitoring", folder=instance.folder,
    )  # fmt: skip


def _write_trust(instance: GoSigstore, material: Material) -> None:
    at, folder, cosign = instance.at, instance.folder, program("cosign")
    start = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    environment = {"HOME": str(folder), "PATH": ""}
    succeed(
        cosign, "trusted-root", "create", "--out", instance.trusted_root,
        "--fulcio", f"url={at.url(at.fulcio)},certificate-chain={material.authority}",
        "--ctfe", f"url={at.url(at.ct)},public-key={material.ct_public},start-time={start}",
        "--rekor", f"url={instance.rekor},public-key={material.rekor_public},start-time={start},origin={_HOST}",
        "--tsa", f"url={instance.timestamps},certificate-chain={folder / 'tsa.pem'}",
        cwd=folder, env=environment,
    )  # fmt: skip
    since = f"start-time={start},operator=acme.test"
    succeed(
        cosign, "signing-config", "create", "--out", instance.signing_config,
        "--fulcio", f"url={at.url(at.fulcio)},api-version=1,{since}",
        "--rekor", f"url={instance.rekor},api-version=2,{since}", "--rekor-config", "ANY",
        "--tsa", f"url={instance.timestamps},api-version=1,{since}", "--tsa-config", "ANY",
        "--oidc-provider", f"url={instance.ci},api-version=1,{since}",
        cwd=folder, env=environment,
    )  # fmt: skip
    document = {
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": json.loads(instance.trusted_root.read_bytes()),
        "signingConfig": json.loads(instance.signing_config.read_bytes()),
    }
    instance.trust_config.write_text(json.dumps(document))


@pytest.fixture(scope="session")
def go_sigstore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoSigstore]:
    with running(tmp_path_factory.mktemp("go-sigstore")) as instance:
        yield instance
