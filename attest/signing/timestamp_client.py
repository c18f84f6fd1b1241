"""RFC 3161 timestamps for signatures. An answer counts only if it is about what was asked: imprint, nonce, status.

Whether the authority is to be believed is for the verifier, which has a trusted root; here is none.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.errors import ServiceAnswerInvalid

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

    from attest.signing.services import Service

_HEADERS: Final = {"Content-Type": "application/timestamp-query"}
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_MOST_BYTES: Final = 256 * 1024
_MOST_SKEW: Final = timedelta(minutes=10)
"""A signing certificate lives ten minutes: a time further off proves a time at which it did not count."""


class TimestampClient(Struct, frozen=True, kw_only=True):
    """One timestamp authority; sigstore-python takes it for its own client of one.

    Args:
        service: its address with the path, since authorities have no common one.
    """

    service: Service

    @property
    def url(self) -> str:
        """Its address."""
        return self.service.url

    def stamp(self, signature: bytes) -> bytes:
        """DER of a timestamp over `signature`.

        Raises:
            ServiceError: as `request_timestamp`.
        """
        return self.request_timestamp(signature).as_bytes()

    def request_timestamp(self, signature: bytes) -> TimeStampResponse:
        """A timestamp over `signature`.

        Raises:
            ServiceUnreachable: `tsa-unreachable`.
            ServiceRefused: `tsa-refused` or `tsa-failed`.
            ServiceAnswerInvalid: `tsa-answer`: no timestamp of this signature; `tsa-clock`: of another time.
        """
        from rfc3161_client import TimestampRequestBuilder, decode_timestamp_response  # noqa: PLC0415  # ASN.1
        from rfc3161_client.base import HashAlgorithm  # noqa: PLC0415

        builder = TimestampRequestBuilder().hash_algorithm(HashAlgorithm.SHA256).data(signature).nonce(nonce=True)
        request = builder.build()
        answer = self.service.ask(body=request.as_bytes(), asked="a timestamp", headers=_HEADERS, limit=_MOST_BYTES)
        try:
            response = decode_timestamp_response(answer.body)
            info = response.tst_info
            imprint = info.message_imprint
            same = (imprint.hash_algorithm.dotted_string, imprint.message) == (
                _SHA256,
                hashlib.sha256(signature).digest(),
            )
            granted, nonce, moment = response.status in (0, 1), info.nonce, info.gen_time
        except Exception as error:  # the library raises what its parsers raise
            raise self.service.invalid("sent no timestamp", found=str(error)[:120] or None) from error
        if not granted or not same or nonce != request.nonce:
            raise self.service.invalid("sent a timestamp of something else")
        self._check_clock(moment)
        return response

    def _check_clock(self, moment: datetime) -> None:
        apart = moment - datetime.now(UTC)
        if abs(apart) > _MOST_SKEW:
            minutes = round(apart.total_seconds() / 60)
            raise ServiceAnswerInvalid(
                f"{self.service.name} and this machine do not agree what time it is",
                code="tsa-clock",
                expected=f"at most {_MOST_SKEW.seconds // 60} min apart",
                found=f"its clock is {abs(minutes)} min {'ahead' if minutes > 0 else 'behind'}",
                hint="check this machine's clock first",
            )
