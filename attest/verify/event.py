"""An event of a model's log → a fact. The event names its signer; whether he may do it, its log's state decides.

1  read the bundle and what it says, unverified, for the name of its signer alone
2  find the key of that very fingerprint, or the holder of that very login under the pinned root
3  steps 1 to 6 of the verifier, for nobody but him
4  read the event
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims import event as events
from attest.claims import fields
from attest.claims.predicates import EVENT
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.errors import MalformedEvidence
from attest.signing.bundle import Bundle
from attest.verify.verifier import authenticate_read, establish

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.claims.event import Event
    from attest.evidence.evidence import Evidence
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact


def verify_event(evidence: Evidence, *, signatory_of: Callable[[SignerName], Signatory]) -> tuple[Fact, Event]:
    """Who did what, by a signature that fits.

    Args:
        evidence: a bundle from anywhere.
        signatory_of: the key or holder of a name. It selects whom to check against and decides nothing.

    Raises:
        MalformedEvidence: it cannot be read in one way, or is no event.
        SignerNotTrusted: somebody else than it names signed it.
        SignatureInvalid: its signature does not fit, or it is in another's name.
        AttestError: what `signatory_of` raises for a name that it does not know.
    """
    bundle = Bundle.parse(evidence.raw)
    statement = Statement.parse(bundle.payload)
    if statement.predicate_type != EVENT:
        raise MalformedEvidence("the claim is no event", expected=EVENT, found=statement.predicate_type[:120])
    named = SignerName.parse(fields.mapping(statement.predicate, "by"))
    signed = authenticate_read(evidence, bundle, [signatory_of(named)], statement=statement)
    event = events.parse(signed.statement)
    return establish(signed, None), event


def unverified_event(evidence: Evidence) -> Event:
    """What a bundle says that was verified before, or that is shown to a person as unverified.

    Raises:
        MalformedEvidence: it cannot be read in one way, or is no event.
    """
    return events.parse(Statement.parse(Bundle.parse(evidence.raw).payload))
