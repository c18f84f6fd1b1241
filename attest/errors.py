"""Our error tree, by who must act. It goes on from `attest_registry.errors`, which draws the root and the stores.

    AttestError
    ├── StoreError …            2, 3 or 4   see attest_registry.errors
    ├── InputError              2  the person who typed it: a folder, file, flag, key or document that cannot be used
    │   ├── ModelError             the files of a model
    │   ├── KeyFileError           a key or passphrase
    │   ├── NoSigningKey           nothing to sign with
    │   ├── CredentialError        an identity token that cannot be used
    │   ├── NoTrust                nothing says whom to trust
    │   ├── RecordError            a training record
    │   └── PolicyError            a policy document
    ├── Refusal                 1  judged and refused
    │   ├── SignerNotTrusted       a good signature by somebody else
    │   ├── OutsideWindow          a good signature, from a time at which its key did not count
    │   ├── EvidenceMissing        nothing there that could be judged
    │   ├── IllegalEvent           an act that a model's log does not allow, or not to this person
    │   └── Denied                 a verdict; carries it
    ├── Incident                3  bytes or evidence contradict their digest or signature
    │   ├── MalformedEvidence      evidence that does not parse
    │   ├── SignatureInvalid       a signature that does not fit its words
    │   ├── ProofInvalid           a log entry, timestamp or certificate that does not prove what it should
    │   ├── SubjectMismatch        a claim about something else
    │   ├── LogBroken              a model's log that contradicts itself, its rules or what was seen of it before
    │   └── Tampered               files that are not the signed ones
    ├── KeyServiceError         4  whoever keeps the key was not reached, did not let us in, or would not sign
    ├── ServiceError            4  a signing service did not do what it was asked
    │   ├── ServiceUnreachable     nobody answered, or not in time
    │   ├── ServiceRefused         it answered, but would not do it
    │   └── ServiceAnswerInvalid   what it answered cannot be used
    └── Interrupted           130  the person declined or pressed Ctrl-C

The number is the exit status (`attest help exit-codes`); anything else that escapes ends with 5.
"""

from __future__ import annotations

from attest_registry.errors import AttestError as AttestError  # noqa: PLC0414  # the root is public here
from attest_registry.errors import StoreError as StoreError  # noqa: PLC0414


class InputError(AttestError):
    """Something that was typed, or a file that was named, cannot be used."""

    code = "usage"
    exit_status = 2


class ModelError(InputError):
    """The files of a model cannot become a version."""

    code = "bad-model"


class KeyFileError(InputError):
    """A key or its passphrase cannot be used."""

    code = "bad-key"


class NoSigningKey(InputError):
    """There is nothing to sign with."""

    code = "no-signing-key"


class CredentialError(InputError):
    """An identity token that is there and cannot be used. None at all is `NoSigningKey`."""

    code = "broken-credential"


class NoTrust(InputError):
    """Nothing says whom to trust."""

    code = "no-trust"


class RecordError(InputError):
    """A training record is wrong."""

    code = "bad-record"


class PolicyError(InputError):
    """A policy document is wrong. A policy that is not understood whole is not used at all."""

    code = "bad-policy"


class Refusal(AttestError):
    """Judged and refused."""

    code = "refused"
    exit_status = 1


class SignerNotTrusted(Refusal):
    """A signature by somebody whom the policy does not name for this."""

    code = "signer-not-trusted"


class OutsideWindow(Refusal):
    """A good signature, from a time at which its key, certificate, log or authority did not count."""

    code = "outside-window"


class EvidenceMissing(Refusal):
    """Nothing there that could be judged."""

    code = "evidence-missing"


class IllegalEvent(Refusal):
    """An act that a model's log does not allow, or not to this person."""

    code = "event-refused"


class Incident(AttestError):
    """Bytes or evidence contradict their digest or signature."""

    code = "tampered"
    exit_status = 3


class MalformedEvidence(Incident):
    """Evidence that does not parse, or says one thing twice."""

    code = "malformed-evidence"


class SignatureInvalid(Incident):
    """A signature that does not fit its words."""

    code = "signature-invalid"


class ProofInvalid(Incident):
    """A log entry, timestamp or certificate that does not prove what it should."""

    code = "proof-invalid"


class SubjectMismatch(Incident):
    """A claim about something else."""

    code = "subject-mismatch"


class LogBroken(Incident):
    """A model's log that contradicts itself, its rules, or what was seen of it before."""

    code = "log-invalid"


class Tampered(Incident):
    """Files that are not the signed ones."""

    code = "tampered"


class KeyServiceError(AttestError):
    """Whoever keeps the key was not reached, did not let us in, or would not sign."""

    code = "key-service-refused"
    exit_status = 4


class ServiceError(AttestError):
    """A signing service did not do what it was asked."""

    code = "service-error"
    exit_status = 4


class ServiceUnreachable(ServiceError):
    """Nobody answered, or not in time."""

    code = "service-unreachable"


class ServiceRefused(ServiceError):
    """The service answered, but would not or could not do it."""

    code = "service-refused"


class ServiceAnswerInvalid(ServiceError):
    """What the service answered cannot be used: it is none, or another instance's, or about something else."""

    code = "service-answer"


class Interrupted(AttestError):
    """The person declined, or pressed Ctrl-C."""

    code = "interrupted"
    exit_status = 130
