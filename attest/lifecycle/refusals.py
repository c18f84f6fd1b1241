"""A refused promotion leaves a signed record: a failed verification summary on the version.

Only somebody with a role in the log leaves one, so that nobody can flood a model with refusals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.admit import Judgement
from attest.attested_verdict import attest_verdict, evaluated_whole
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest.lifecycle.promoting import Judged
    from attest.lifecycle.session import Session


def record_refusal(session: Session, judged: Judged) -> Digest | None:
    """Sign what the gate said and attach it to the version; `None` for somebody without a role.

    Args:
        session: the model, with the signer of the promotion.
        judged: what the gate said.
    """
    signer = session.signer
    if signer is None or not judged.log.state.roles_of(session.writer.who):
        return None
    pinned = session.reference.with_version(str(judged.version.number)).pinned(judged.version.manifest)
    artefact = session.artefact(judged.version)
    judgement = Judgement(
        reference=pinned,
        artefact=artefact,
        repository=session.repository,
        judged=session.keeper(judged.log).evidence(artefact, judged.policy),
        policy=evaluated_whole(judged.policy),
        verdict=judged.verdict,
    )
    attested = attest_verdict(judgement, signer=signer, verifier=None, now=session.clock())
    return Digest.of(attested.bundle.raw)
