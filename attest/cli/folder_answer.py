"""What `attest verify ./DIR` found, on screen or as a document: each file that is wrong, and one word in capitals."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from attest.claims.predicates import word_for
from attest.cli import render
from attest.errors import Refusal, Tampered
from attest.verify.binding import FileStatus
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.cli.verdicts import Shape
    from attest.policy.document import Policy
    from attest.verify.directory import FolderFindings

_WORDS = {
    FileStatus.DIFFERS: ("differs", ""),
    FileStatus.MISSING: ("missing", "signed, and not in the folder"),
    FileStatus.NOT_SIGNED: ("not signed", "in the folder, and not signed"),
}
_MOST_ROWS = 40
_EMPTY = Digest.of(b"")


def is_short_form(policy: Policy) -> bool:
    """Whether it is one key or one name: then the model signature alone decides, as OMS has it."""
    return any(identity.given for identity in policy.identities.values())


class Answer(Struct, frozen=True, kw_only=True):
    """What was found.

    Args:
        folder: as typed.
        findings: the folder compared with what was signed.
        policy: what it was judged by.
        reference: the version that it was held against; `None` for a bundle.
        unnamed: files that nothing names: why they lead outside of the model, or `None` where they can run code.
        bundle: the bundle's path inside the folder, which is no part of the model.
        exclude: patterns that the person left out.
    """

    folder: str
    findings: FolderFindings
    policy: Policy
    reference: str | None
    unnamed: Mapping[str, str | None] = field(default_factory=dict)
    bundle: str | None = None
    exclude: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The one in capitals."""
        return self.findings.word if not self.findings.is_what_was_signed or not self.unnamed else "DENIED"

    @property
    def _empty(self) -> list[str]:
        """Empty files that nobody signed, because signatures over shards cannot."""
        if not self.findings.over_shards:
            return []
        return [
            each.path for each in self.findings.wrong if each.status is FileStatus.NOT_SIGNED and each.found == _EMPTY
        ]

    def give(self, shape: Shape) -> None:
        """Print it.

        Raises:
            Tampered: files differ, are missing, or are not signed.
            Refusal: files can run code, or lead outside, and are not named.
        """
        if shape.as_sarif:
            from attest.cli import sarif  # noqa: PLC0415

            wrong, files = Tampered.exit_status, self.findings.files
            render.document(sarif.of_folder(self._document(), files, folder=self.folder, wrong=wrong))
        elif shape.as_json:
            render.document(self._document())
        elif not shape.quiet or self.word != "ALLOWED":
            self._show()
        if not self.findings.is_what_was_signed:
            raise Tampered(f"{self.folder} is not what was signed", shown=True)
        if self.unnamed and all(self.unnamed.values()):
            raise Refusal(f"{self.folder} holds files that lead outside", code="reference-outside", shown=True)
        if self.unnamed:
            raise Refusal(f"{self.folder} holds files that can run code", code="code-bearing-file", shown=True)

    def _show(self) -> None:
        findings = self.findings
        if self.reference is not None:
            render.result(f"{self.folder} against {self.reference}")
        elif findings.signer is not None:
            render.result(f"{self.folder} against a model signature by {findings.signer.name}")
        self._show_wrong()
        same = len(findings.files) - len(findings.wrong)
        if same:
            other = "other " if findings.wrong else ""
            self._line("✓", f"{render.plural(same, f'{other}file')}, every byte read")
        listed = {wrong.path for wrong in findings.wrong}
        for path in [path for path in self.unnamed if path not in listed][:_MOST_ROWS]:
            self._line("✗", f"{render.clean(path)}   {self._why(path)} and is not named")
        self._show_left_out()
        if self.reference is None and not findings.wrong and is_short_form(self.policy):
            self._show_alone()
        colour = "green" if self.word == "ALLOWED" else "red"
        ending = f"by {self.policy.name}" if self.word != "TAMPERED" else f"do not load {self.folder}"
        render.result(f"{render.paint(self.word, colour, sys.stdout)}  {ending}")
        if self.word == "TAMPERED" and self.reference is not None:
            pinned = self.reference.partition("@")[0]
            render.note(f"hint: attest pull {pinned} ./fresh …     fetches the signed files")
        elif self._empty:
            render.hint("\n".join(f"--exclude {shlex.quote(path)}" for path in self._empty))
        elif self.word == "DENIED":
            render.hint("\n".join(f"--allow-code {shlex.quote(path)}" for path in self.unnamed))

    def _why(self, path: str) -> str:
        outside = self.unnamed[path]
        return "can run code" if outside is None else f"leads outside ({render.clean(outside)})"

    def _line(self, symbol: str, text: str) -> None:
        render.result(f"  {render.mark(symbol, sys.stdout)} {text}")

    def _show_wrong(self) -> None:
        rows, empty = [], set(self._empty)
        for wrong in self.findings.wrong[:_MOST_ROWS]:
            name, text = _WORDS[wrong.status]
            if wrong.expected is not None and wrong.found is not None:
                text = f"expected {wrong.expected.short}   found {wrong.found.short}"
            if wrong.path in empty:
                text = "empty, and a signature over shards cannot list empty files"
            if wrong.span is not None:
                text = f"bytes {wrong.span[0]:,} to {wrong.span[1]:,}   {text}".rstrip()
            rows.append((f"✗ {render.clean(wrong.path)}", name, text))
        for line in render.columns(rows):
            render.result(line.replace("✗", render.mark("✗", sys.stdout), 1))
        if len(self.findings.wrong) > _MOST_ROWS:
            render.result(f"  … {len(self.findings.wrong) - _MOST_ROWS:,} more")

    def _show_left_out(self) -> None:
        """What was not compared, because the person said so: nothing is skipped silently."""
        if self.bundle is not None:
            self._line("–", f"{render.clean(self.bundle)}   the bundle itself, not part of the model")
        for pattern in self.exclude:
            self._line("–", f"{render.clean(pattern)}   left out by --exclude, not looked at")

    def _show_alone(self) -> None:
        said = sorted({word_for(fact.statement.predicate_type) for fact in self.findings.facts})
        self._line("–", f"judged by the model signature alone; claims given: {', '.join(said)}")
        times = [time for fact in self.findings.facts for time in fact.times]
        if times:
            self._line("✓", f"signed at {times[0]}, proven")
        else:
            self._line("–", "nothing proves when it was signed")

    def _document(self) -> dict[str, Any]:
        return {
            "schema": "attest/folder-verdict/v1",
            "verdict": self.word.lower(),
            "reference": self.reference,
            "policy": {"name": self.policy.name, "digest": str(self.policy.digest)},
            "proven_times": sorted({str(time) for fact in self.findings.facts for time in fact.times}),
            "bundle_inside": self.bundle,
            "excluded": list(self.exclude),
            "findings": [
                {
                    "path": finding.path,
                    "status": finding.status.value,
                    "expected": None if finding.expected is None else str(finding.expected),
                    "found": None if finding.found is None else str(finding.found),
                    "span": None if finding.span is None else list(finding.span),
                    "code_bearing_not_named": self.unnamed.get(finding.path, "") is None,
                    "outside_not_named": self.unnamed.get(finding.path) or None,
                }
                for finding in self.findings.files
            ],
        }
