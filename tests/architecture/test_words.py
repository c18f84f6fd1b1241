"""What a reader of the repository cannot look up must not be pointed at from inside it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("work", "root")
"""Put together below, so that no file has such a path, this one included."""

FORBIDDEN = {
    "a page that is not part of the repository": re.compile(
        r"\b(?:architecture|ux|style|oci|oms|bom|sigstore|loader)\.md\b|(?<!docs/)\b(?:threats|formats)\.md\b"
    ),
    "a decision or issue that nobody can look up": re.compile(
        r"\bux (?:decision|F\d)|\bresearch:|\bissue [0-9]", re.IGNORECASE
    ),
    "a path of one machine": re.compile(rf"(?<![\w.{{}}$-])/(?:{'|'.join(FOLDERS)})/"),
    "a word about who wrote what": re.compile(r"\bhelper-[0-9]|\bthe brief\b|\bissues show\b", re.IGNORECASE),
}
OTHERS = ("attest/claims/schemas/", "requirements/", "tests/interop/package-lock.json")
"""Files of other projects, and lists of them."""

OF_OTHERS = {"docs/gguf.md"}
"""Pages that other projects have at such a path: ggml's."""

ITSELF = "tests/architecture/test_words.py"


def tracked() -> list[str]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so nothing says which files belong to it")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name and not name.startswith(OTHERS) and name != ITSELF]
    return [name for name in names if (ROOT / name).is_file()]


def text_of(name: str) -> str:
    try:
        return (ROOT / name).read_text()
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_points_at(what: str) -> None:
    pattern = FORBIDDEN[what]
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name in tracked()
        for number, line in enumerate(text_of(name).splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


def test_every_page_under_docs_that_is_named_exists() -> None:
    missing = {
        (name, page)
        for name in tracked()
        for page in re.findall(r"(?<![\w/])docs/[\w.-]+\.md\b", text_of(name))
        if page not in OF_OTHERS and not (ROOT / page).is_file()
    }
    assert not missing


@pytest.mark.parametrize(
    "line",
    [
        "see threats.md row 7",
        "ux.md decision 13",
        "(ux decision 6)",
        "research: bom.md 1.1",
        "architecture.md section 8",
        f"/{FOLDERS[0]}/main/x",
        f"'/{FOLDERS[1]}/.cache'",
        "helper-3 wrote it",
    ],
)
def test_the_old_forms_are_noticed(line: str) -> None:
    assert any(pattern.search(line) for pattern in FORBIDDEN.values())


@pytest.mark.parametrize(
    "line", ["docs/threats.md row 7", "credential-helper-failed", "$HOME/work/x", "the root/ folder"]
)
def test_what_a_reader_has_is_not_noticed(line: str) -> None:
    assert not any(pattern.search(line) for pattern in FORBIDDEN.values())
