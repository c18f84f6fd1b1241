"""The texts of `attest help TOPIC`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_REFERENCES: Final = """\
How references look

  NAME:VERSION               credit-risk:3, acme/credit-risk:1.4.0
  NAME@ALIAS                 credit-risk@production      what the model's signed log says it is
  NAME@sha256:HEX            the bytes themselves
  NAME:VERSION@sha256:HEX    both, both checked; this form is what attest prints
  HOST/…                     any of them in a registry: ghcr.io/acme/credit-risk:3, localhost:5000/demo/model:1

A version is a number (1, 2, 3 …) or a label that holds a non-digit (1.4.0, 2026-03-a).
The first part is a host when it holds a . or a : or is localhost.
`latest` is never resolved. NAME/3, models:/NAME/3 and attest://… are read and never printed.
Without a host, the store of this machine is meant, or the one that ATTEST_STORE names.
A path starts with . or / or ~; a bare word is a reference.
"""

_KEYS: Final = """\
Keys to sign with

  PATH, file:PATH                          a PEM file: attest keygen makes one
  env:NAME                                 a variable that holds the PEM text
  pkcs11:token=LABEL;object=LABEL          a token, smart card or HSM (RFC 7512)   model-attest[pkcs11]
  awskms:///alias/NAME, awskms:///ID|ARN   AWS KMS                                 model-attest[awskms]

pkcs11: also token's serial, model, manufacturer, slot-id; key's id; ?module-path=/path/to/module.so (or
PKCS11_MODULE_PATH) and pin-source=file:/path. Without that, the PIN comes from --passphrase-file, ATTEST_PASSPHRASE or
the terminal. A wrong PIN is tried once. Put the URI in single quotes: a shell takes ; and & for its own.
awskms: takes credentials and region from where AWS's own tools do; awskms://HOST/… asks another service.

  attest push ./model NAME --key 'pkcs11:token=release;object=models'
  attest key export 'pkcs11:token=release;object=models' --out models.pub
  attest verify NAME:1 --key models.pub
"""

_POLICY: Final = """\
Policies

A policy is a YAML file that says which claims, by whom, a use of a model needs.
  attest policy init --key alice.pub --out policy.yaml     writes one to start from
  attest policy check policy.yaml                          finds mistakes, with line and nearest key
  attest policy explain policy.yaml                        says in sentences what it demands
  attest verify REF --policy policy.yaml                   judges by it

--key PUBLIC_KEY is a policy too: that key must have signed model signature, provenance and ML-BOM, and files that can
run code are refused unless --allow-code names them.
A policy is never read from the working folder by itself, from the model, or from the registry.
"""

_REGISTRY: Final = """\
The registry

Each model has a log: signed events beside it in the store, which say what its names mean. Every reader verifies them.

  attest push ./model NAME                          registers the next version; the first one makes you the admin
  attest promote NAME:3 --to production             points the alias at it, if the gate allows it
  attest rollback NAME@production -m WHY            points it back
  attest evaluate | approve | reject NAME:3         signed claims that gates ask for
  attest alias bind NAME@production --policy FILE   from now on this policy is the gate
  attest resolve NAME@production                    which version it means
  attest history NAME, attest log verify NAME       what happened, and whether all of it holds

  role          may
  contributor   register versions
  evaluator     record evaluations
  approver      record approvals and rejections; promote, demote, roll back, archive (all aliases, or some)
  admin         give and take roles, bind policies, revoke, delete, end forks
  recovery      end forks

attest role ls NAME lists who has which; attest whoami NAME says what you may do. In a registry that others use, writers
take turns by a shared catalogue: ATTEST_CATALOGUE=postgresql+psycopg://…, or single_writer = true in config.toml.
More: docs/registry.md.
"""

_EXIT_CODES: Final = """\
Exit statuses

    0  allowed, or done
    1  judged and refused: a rule not met, a signer not trusted, evidence missing
    2  usage or input, unknown reference, conflict
    3  bytes or evidence contradict their digest or signature: an incident
    4  a store or service was not reached or did not let us in; never read as allowed
    5  internal error
  130  interrupted or declined

`attest exec` ends with 120 + these when the command was not started, else with the command's own status
(126 and 127 as shells use them).
A 1 counts as a verdict only with a verdict on stdout: check --json's "verdict".
"""

_GLOSSARY: Final = """\
Glossary

  model       a name: credit-risk, acme/credit-risk
  version     one immutable set of files of a model; its identity is the OCI manifest digest
  artefact    the version at rest: manifest, config, one blob per file
  claim       something said about one digest: model signature, provenance, ML-BOM, …
  evidence    a Sigstore bundle that holds one claim; unverified
  fact        a claim whose signature, signer and subject were verified
  alias       a name that moves: production, champion; the log says where it points
  gate        the policy that is bound to an alias, asked before it moves and by every reader again
  role        what somebody may do to a model: contributor, evaluator, approver, admin, recovery
  policy      which facts, by whom, a use of a model needs
  verdict     policy and facts: allowed or denied, with one finding per rule
  admission   an allowing verdict bound to one digest; the loader accepts nothing else
  lineage     what a version was made from: base model, teacher, dataset, code commit
  log         a model's signed history: what its names mean, and what they meant
  catalogue   an index that can be rebuilt; never a source of trust
"""

_OFFLINE: Final = """\
Working offline

The store of this machine needs no server, and verifying there needs no network: identities are verified against the
pinned root, which only `attest trust fetch` refreshes (attest trust show).
ATTEST_OFFLINE=1 makes any attempt to reach another host end with exit status 4 and the address that was wanted.
No verb sends telemetry or looks for updates.
To carry a version: skopeo copy oci:STORE/credit-risk:1 …, and `attest evidence export credit-risk:1 DIR`.
"""


def _environment() -> str:
    from attest.settings import ENVIRONMENT, SYSTEM_FILE  # noqa: PLC0415

    meanings = {
        "key": "the private key that signs; never who is trusted",
        "public_key": "the public key that verify, pull, load and exec trust",
        "policy": "the policy that they judge by",
        "trusted_root": "the pinned root that vouches for certificates",
        "store": "registry host or folder of references without a host",
        "cache": "where fetched models are kept",
        "state": "what a consumer has to remember between runs",
        "offline": "1: never reach another host",
        "ca_file": "certificate authorities for registries",
        "catalogue": "the index by which writers of logs take turns: a path, or postgresql+psycopg://USER@HOST/NAME",
        "environment": "which of several registries new logs are of",
    }
    rows = [("ATTEST_HOME", "one folder for configuration, keys, store and cache")]
    rows += [(variable, meanings[name]) for name, variable in ENVIRONMENT.items()]
    rows += [
        ("ATTEST_PASSPHRASE", "passphrase of the signing key"),
        ("ATTEST_REGISTRY_USER, _PASSWORD", "credentials for the registry ATTEST_REGISTRY_HOST, and for no other"),
        ("ATTEST_DEBUG", "1: show tracebacks"),
        ("DOCKER_CONFIG", "folder of docker's config.json"),
        ("NO_COLOR, CLICOLOR_FORCE", "colour"),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name.ljust(width)}   {text}" for name, text in rows]
    return "\n".join(
        [
            "Environment",
            "",
            *lines,
            "",
            f"A flag beats the environment, the environment beats config.toml of the user, that beats {SYSTEM_FILE},",
            "which may lock settings (locked = [...]). The working folder and the model's folder are never read.",
            "Options that weaken a check have no variable.",
        ]
    )


def _fixed(text: str) -> Callable[[], str]:
    return lambda: text


TOPICS: Final[Mapping[str, Callable[[], str]]] = {
    "references": _fixed(_REFERENCES),
    "keys": _fixed(_KEYS),
    "policy": _fixed(_POLICY),
    "registry": _fixed(_REGISTRY),
    "exit-codes": _fixed(_EXIT_CODES),
    "environment": _environment,
    "glossary": _fixed(_GLOSSARY),
    "offline": _fixed(_OFFLINE),
}
