"""Cards for tests, with text that somebody may have written on purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.cards.build import build
from attest.cards.facts import Facts, Said, Source
from attest.cards.front_matter import front_matter
from attest.cards.markdown import bodies
from attest.cards.merge import Generated
from attest.claims.evaluation import Better, Evaluation, Measured
from attest.claims.mlbom_terms import MLBOM, BOMFile
from attest.claims.training import Card as Considerations
from attest.claims.training import Input, Metric, Operation, Package, Role, Standing
from attest.claims.training import Source as Code
from attest.describe import Ancestor, EvidenceRow
from attest.policy.verdict import Finding, Status, Verdict
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest.cards.card import Card

VERSION: Final = Digest.of(b"version")
PUBLISHER = Source(
    signer="key sha256:0a726b9b174d (alice.pub)", verified=True, evidence=Digest.of(b"bom"), words=Digest.of(b"w")
)
BOT = replace(PUBLISHER, signer="eval-bot (key sha256:111111111111)", evidence=Digest.of(b"evaluation"))
GOLDEN = Digest.of(b"golden")


def bom(text: str = "plain") -> MLBOM:
    """One that says everything, each free text being `text`."""
    return MLBOM(
        spec="1.6",
        model="acme/credit-risk",
        label=text,
        licence=text,
        task=text,
        description=text,
        owner=text,
        operation=Operation.FINE_TUNE,
        architecture=text,
        quantisation=text,
        parameters=1_000_000,
        hyperparameters=MappingProxyType({text: text}),
        image=text,
        packages=(Package(name=text, version=text),),
        source=Code(uri=text, commit="1" * 40, clean=False),
        inputs=(
            Input(
                role=Role.DATASET,
                name=text,
                standing=Standing.HASHED,
                digest=GOLDEN,
                uri=text,
                split=text,
                licence=text,
                personal_data=True,
                classification=text,
                description=text,
            ),
            Input(role=Role.DATASET, name="legacy", standing=Standing.UNKNOWN),
        ),
        metrics=(
            Metric(name=text, value=text, dataset=text, slice=text),
            Metric(name="accuracy", value="0.90", dataset=text),
        ),
        files=(BOMFile(path=text, digest=GOLDEN, format="text", code_bearing=True, role=text),),
        card=Considerations(
            intended_use=text, out_of_scope=text, limitations=text, ethical_considerations=text, subgroups=text
        ),
    )


def evaluation(text: str = "plain") -> Evaluation:
    return Evaluation(
        passed=False,
        finished=datetime(2026, 11, 20, 21, 30, tzinfo=UTC),
        metrics=(
            Measured(
                name=text,
                value=Decimal("0.923"),
                dataset=GOLDEN,
                dataset_name=text,
                slice=MappingProxyType({text: text}),
                better=Better.HIGHER,
                unit=text,
            ),
            Measured(name="latency", value=Decimal(412), unit="ms"),
        ),
    )


def verdict(*, allowed: bool = True, text: str = "plain") -> Verdict:
    status = Status.PASSED if allowed else Status.FAILED
    finding = Finding(rule="signature", status=status, code="evidence-missing", expected=text, found=text)
    return Verdict(digest=VERSION, policy_name=text, policy_digest=Digest.of(b"policy"), findings=(finding,))


def facts(text: str = "plain", *, allowed: bool | None = True) -> Facts:
    """A version about which everything is said; `allowed` is `None` where nobody was named to trust."""
    row = EvidenceRow(
        claim=text,
        predicate_type="https://example.com/x",
        signer=text,
        verified=False,
        why_not=text,
        time=text,
        digest=str(GOLDEN),
        words=VERSION,
    )
    above = Ancestor(role="dataset", name=text, digest=None, standing="unknown", verified=False)
    base = Ancestor(
        role="base-model", name=text, digest=str(GOLDEN), standing="admitted", verified=True, parents=(above,)
    )
    return Facts(
        reference=f"acme/credit-risk:3@{VERSION}",
        model="acme/credit-risk",
        digest=VERSION,
        bom=Said(value=bom(text), source=PUBLISHER),
        evaluations=(Said(value=evaluation(text), source=BOT),),
        lineage=(base,),
        claims=(row,),
        judged_by=None if allowed is None else text,
        verdict=None if allowed is None else verdict(allowed=allowed, text=text),
    )


def card(text: str = "plain", *, allowed: bool | None = True) -> Card:
    return build(facts(text, allowed=allowed))


def generated(made: Card) -> Generated:
    return Generated(front=front_matter(made), bodies=bodies(made))
