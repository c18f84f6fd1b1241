"""Types of columns that mean the same in SQLite and PostgreSQL: digests as bytes, times as integers, text in order.

Text is compared byte by byte in both (`COLLATE "C"`), so that order and pages do not depend on a server's language. It
has a limit, because claims can hold anything and PostgreSQL indexes no more than 2.7 KB: what is longer is cut and gets
its digest as its end, so that it still equals itself alone. The claims keep the whole.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from attest_registry.digest import Digest

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NO_CHARACTER: Final = "\N{REPLACEMENT CHARACTER}"
NAME_BYTES: Final = 255
VALUE_BYTES: Final = 1_000
TEXT_BYTES: Final = 4_000

IDENTIFIER: Final = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER alone


def to_microseconds(time: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (time - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The inverse."""
    return _EPOCH + value * _MICROSECOND


def bounded(text: str, most: int) -> str:
    """The text itself, or its beginning and its digest; without NUL, which PostgreSQL does not store."""
    text = text.replace("\0", _NO_CHARACTER)
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= most:
        return text
    end = f"…{Digest.of(raw)}"
    return raw[: most - len(end.encode())].decode("utf-8", "ignore") + end


class Words(TypeDecorator[str]):
    """Text of at most so many bytes of UTF-8.

    Args:
        most: how many.
    """

    impl = Text
    cache_ok = True

    def __init__(self, most: int = NAME_BYTES) -> None:
        super().__init__()
        self.most = most

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text that is ordered by code point everywhere."""
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """As it is kept."""
        return None if value is None else bounded(value, self.most)


class DigestBytes(TypeDecorator[Digest]):
    """A digest as its 32 bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Digest | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """As bytes."""
        return None if value is None else value.raw

    def process_result_value(self, value: Any, dialect: Dialect) -> Digest | None:  # noqa: ARG002
        """As a digest."""
        return None if value is None else Digest(hex=bytes(value).hex())


class Moment(TypeDecorator[datetime]):
    """A time as microseconds since 1970, in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """As a number."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """As a time."""
        return None if value is None else from_microseconds(value)
