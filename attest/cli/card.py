"""`attest card`: the model card of a version, generated from its claims; signed, and read back."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from msgspec import Struct

from attest.cli import options, render, signing_beside
from attest.cli.references import REFERENCE
from attest.errors import InputError, NoTrust
from attest.settings import Settings
from attest.stores import Reach, meant_in, surroundings_for
from attest.written_path import written_path
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.cards.card import Card
    from attest.cards.facts import Facts
    from attest.cards.merge import Merged
    from attest.describe import Description
    from attest.policy.document import Policy
    from attest.whom import Whom
    from attest_registry.oci.content import Repository

F = TypeVar("F", bound="Callable[..., Any]")
_FORMATS: Final = ("md", "html", "json")
_OPTIONS: Final = (
    signing_beside.option("--sign", "Sign the card and attach it to the version.", name="sign"),
    *signing_beside.options_for("--sign"),
)


def _with_signing(function: F) -> F:
    """The signing options, gathered as `signing`; `None` where nothing is to be signed."""

    @functools.wraps(function)
    def with_signing(**values: Any) -> Any:
        typed = signing_beside.gathered(values, "sign")
        signing: dict[str, Any] | None = None
        if typed.pop("sign"):
            signing = signing_beside.for_choosing(typed, verb="attest card") | {"quiet": False, "as_json": False}
        else:
            signing_beside.refuse_without(typed, signing_beside.TYPED, needed="--sign", verb="attest card")
        return function(signing=signing, **values)

    for each in reversed(_OPTIONS):
        with_signing = each(with_signing)
    return with_signing  # type: ignore[return-value]  # click calls it by keyword only


@click.command(
    epilog=options.examples(
        "attest card credit-risk:3 --key alice.pub > README.md",
        "attest card credit-risk:3 --policy production.yaml --format html --out card.html",
        "attest card credit-risk:4 --key alice.pub --edits README.md --out README.md",
        "attest card credit-risk:4 --key alice.pub --edits README.md --sign --signing-key alice.key",
        "attest card credit-risk:4 --key alice.pub --signed",
    )
)
@click.argument("reference", metavar="REF", type=REFERENCE)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="md", show_default=True, help="What to write.")
@click.option("--out", metavar="FILE", help="Where to write it. [default: standard output]")
@click.option("--edits", metavar="FILE.md", help="An earlier card: what people wrote in it is kept.")
@click.option("--signed", is_flag=True, help="The card that was signed, checked, instead of one made now.")
@_with_signing
@options.trust()
@options.reach()
def command(
    *,
    reference: str,
    form: str,
    out: str | None,
    edits: str | None,
    signed: bool,
    signing: dict[str, Any] | None,
    whom: Whom,
    plain_http: bool,
    ca_file: str | None,
) -> None:
    """Write the model card of a version from its claims: intended use, data, metrics, limits, lineage, verification.

    What nobody said is shown as not stated. Without --key, --policy or --identity the card says NOT VERIFIED at its
    top. Where one is named, and the version or its claims do not hold by it, the card says so, nothing is written to
    --out, and the exit status is 1.
    """
    asked = _Asked.typed(reference, whom, Reach(plain_http=plain_http, ca_file=ca_file))
    if signed:
        _refuse_beside_signed(form=form, edits=edits, signing=signing)
        _write(_signed(asked), out)
        return
    if signing is not None:
        if form != "md":
            raise InputError("a signed card is Markdown", code="usage", expected="--sign without --format")
        _sign(asked, signing, edits=edits, out=out)
        return
    _show(asked, form, edits=edits, out=out)


def _refuse_beside_signed(*, form: str, edits: str | None, signing: dict[str, Any] | None) -> None:
    typed = {"--format": form != "md", "--edits": edits is not None, "--sign": signing is not None}
    for flag, given in typed.items():
        if given:
            raise InputError(
                f"{flag} does not go with --signed", code="usage", expected="the card as it was signed, or one made now"
            )


class _Asked(Struct, frozen=True, kw_only=True):
    """A version, and whom to believe about it."""

    text: str
    reference: Reference
    settings: Settings
    reach: Reach
    policy: Policy | None
    now: datetime

    @classmethod
    def typed(cls, text: str, whom: Whom, reach: Reach) -> _Asked:
        from attest.trusting import policy_in_force  # noqa: PLC0415

        settings = Settings.load()
        policy = None
        try:
            policy = policy_in_force(settings, whom, asked_for=text, verb="card")
        except NoTrust:
            if whom.short_form or whom.policy is not None:
                raise
        return cls(
            text=text,
            reference=Reference.parse(text),
            settings=settings,
            reach=reach,
            policy=policy,
            now=datetime.now(UTC),
        )

    def needs_policy(self, rest: str) -> Policy:
        """The policy.

        Raises:
            NoTrust: none is named.
        """
        if self.policy is not None:
            return self.policy
        raise NoTrust(
            f"nothing says whom to trust for {self.text}",
            expected="--key PUBLIC_KEY or --policy FILE",
            found="neither",
            hint=f"attest card {self.text} {rest} --key PUBLIC_KEY",
        )

    def repository(self) -> Repository:
        """Where the version is."""
        return surroundings_for(self.reference, self.settings, self.reach).repository_of(self.reference)

    def facts(self) -> tuple[Facts, Description]:
        """What a card is made from."""
        from attest.model_cards import facts_of  # noqa: PLC0415

        surroundings = surroundings_for(self.reference, self.settings, self.reach)
        return facts_of(self.reference, surroundings=surroundings, policy=self.policy, now=self.now)


def _show(asked: _Asked, form: str, *, edits: str | None, out: str | None) -> None:
    from attest.cards.build import build  # noqa: PLC0415
    from attest.model_cards import refuse_unverified  # noqa: PLC0415

    facts, _ = asked.facts()
    card = build(facts)
    text = _text(card, form, edits)
    if asked.policy is not None and not card.standing.verified:
        if out is None:
            _write(text, None)
        refuse_unverified(facts)
    _write(text, out)
    if asked.policy is None:
        render.note("NOT VERIFIED: no policy or key given")


def _text(card: Card, form: str, edits: str | None) -> bytes:
    if form == "json":
        from attest.cards.document import document  # noqa: PLC0415

        return document(card, people=_merged(card, edits).people if edits else ())
    merged = _merged(card, edits)
    if form == "html":
        from attest.cards.html import page  # noqa: PLC0415

        return page(card, people=merged.people).encode()
    return merged.text.encode()


def _merged(card: Card, edits: str | None) -> Merged:
    from attest.cards.front_matter import front_matter  # noqa: PLC0415
    from attest.cards.markdown import bodies  # noqa: PLC0415
    from attest.cards.merge import Generated, merge  # noqa: PLC0415

    generated = Generated(front=front_matter(card), bodies=bodies(card))
    if edits is None:
        return merge(generated)
    return merge(generated, _read(edits), what=edits)


def _read(edits: str) -> str:
    from attest_registry import limits  # noqa: PLC0415

    try:
        with written_path(edits).open("rb") as file:
            data = file.read(limits.CARD_BYTES + 1)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise InputError(f"{edits} cannot be read: {why}", code="cannot-read", expected="a card as Markdown") from error
    if len(data) > limits.CARD_BYTES:
        raise InputError(
            f"{edits} is too large for a card",
            code="content-too-large",
            expected=f"at most {limits.CARD_BYTES} bytes",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{edits} is not UTF-8 text", code="cannot-read", expected="a card as Markdown") from error


def _sign(asked: _Asked, signing: dict[str, Any], *, edits: str | None, out: str | None) -> None:
    from attest.cards.build import build  # noqa: PLC0415
    from attest.cli import signers  # noqa: PLC0415
    from attest.model_cards import refuse_unverified  # noqa: PLC0415
    from attest.signed_cards import sign_card  # noqa: PLC0415

    asked.needs_policy("--sign")
    choice = signers.choose(signing, asked.settings)
    facts, found = asked.facts()
    refuse_unverified(facts)
    text = _text(build(facts), "md", edits)
    attached = sign_card(found, facts, text, asked.repository(), signer=choice.open(), now=asked.now)
    _write(text, out)
    if attached.already:
        render.note(f"already there: this card, signed by this signer, as {attached.evidence.short}; nothing to do")
    else:
        render.note(
            f"signed   model card {attached.digest.short}, attached as {attached.evidence.short}   {attached.signer}"
        )
        render.note(f"next: attest card {asked.text} --signed {choice.verify_with()}")


def _signed(asked: _Asked) -> bytes:
    from attest.describe import describe  # noqa: PLC0415
    from attest.signed_cards import read_card  # noqa: PLC0415

    policy, repository = asked.needs_policy("--signed"), asked.repository()
    surroundings = surroundings_for(asked.reference, asked.settings, asked.reach)
    meant = meant_in(surroundings, asked.reference, repository, now=asked.now)
    found = describe(meant, lambda _: repository, policy=policy, now=asked.now)
    card = read_card(found, repository, policy=policy)
    render.note(render.clean(f"model card of {found.reference}, signed {card.said.issued:%Y-%m-%d} by {card.signer}"))
    total = len(card.said.generated_from)
    render.note(f"made from {render.plural(total, 'claim')}; {card.holds} of them verified here with {policy.name}")
    if card.newer:
        render.warning(
            "card-outdated", f"{render.plural(card.newer, 'claim')} about this version came later than the card"
        )
    return card.text


def _write(text: bytes, out: str | None) -> None:
    if out is None:
        render.content(text)
        return
    from attest_registry.digest import written_whole  # noqa: PLC0415

    with written_whole(written_path(out)) as write:
        write(text)
    render.result(render.clean(out))
