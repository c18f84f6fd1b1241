from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.claims.spdx import Join, Joined, Licence, identifiers, licences_in, parse

MIT, APACHE, BSD = Licence(id="MIT"), Licence(id="Apache-2.0"), Licence(id="BSD-3-Clause")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("MIT", MIT),
        (" ( MIT ) ", MIT),
        ("mit", MIT),
        ("apache-2.0+", Licence(id="Apache-2.0", later=True)),
        ("LicenseRef-acme", Licence(id="LicenseRef-acme")),
        ("DocumentRef-x:LicenseRef-y", Licence(id="DocumentRef-x:LicenseRef-y")),
        ("MIT OR Apache-2.0", Joined(by=Join.ANY, parts=(MIT, APACHE))),
        ("MIT and Apache-2.0", Joined(by=Join.ALL, parts=(MIT, APACHE))),
        (
            "MIT OR Apache-2.0 AND BSD-3-Clause",
            Joined(by=Join.ANY, parts=(MIT, Joined(by=Join.ALL, parts=(APACHE, BSD)))),
        ),
        (
            "(MIT OR Apache-2.0) AND BSD-3-Clause",
            Joined(by=Join.ALL, parts=(Joined(by=Join.ANY, parts=(MIT, APACHE)), BSD)),
        ),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            Licence(id="GPL-2.0-only", exception="Classpath-exception-2.0"),
        ),
        (
            "MIT AND Apache-2.0 WITH LLVM-exception",
            Joined(by=Join.ALL, parts=(MIT, Licence(id="Apache-2.0", exception="LLVM-exception"))),
        ),
    ],
)
def test_expressions_are_read_as_the_specification_binds_them(text: str, expression: object) -> None:
    assert parse(text) == expression


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "see the website",
        "MIT OR",
        "OR MIT",
        "MIT Apache-2.0",
        "MIT / Apache-2.0",
        "(MIT",
        "MIT)",
        "()",
        "MIT WITH",
        "MIT WITH a WITH b",
        "MIT WITH (x)",
        "MIT AND AND MIT",
        "MIT Or Apache-2.0",
        "MIT, Apache-2.0",
        "M\u0130T",
        "(" * 60 + "MIT" + ")" * 60,
        "MIT OR " * 1000 + "MIT",
    ],
)
def test_what_is_no_expression_is_none(text: str) -> None:
    assert parse(text) is None


def test_only_identifiers_of_spdx_are_listed() -> None:
    assert MIT.is_listed
    assert not Licence(id="MITT").is_listed
    assert not Licence(id="MITT").is_known
    assert Licence(id="LicenseRef-acme").is_known
    assert not Licence(id="LicenseRef-acme").is_listed
    assert not Licence(id="Apache-2.0", exception="Commons-Clause").is_listed
    assert identifiers()["gpl-3.0-only"] == "GPL-3.0-only"


@pytest.mark.parametrize("name", ["GPL-3.0", "GPL-3.0-only", "GPL-3.0-or-later"])
def test_a_family_is_without_what_says_which_later_versions_go(name: str) -> None:
    assert Licence(id=name).family == "GPL-3.0"


def test_every_licence_of_an_expression_is_found() -> None:
    found = parse("(MIT OR Apache-2.0) AND BSD-3-Clause")
    assert found is not None
    assert licences_in(found) == (MIT, APACHE, BSD)


@given(st.text(alphabet="MITandORWITH ()+-.:1é\n", max_size=60))
def test_nothing_but_an_expression_or_none_comes_out(text: str) -> None:
    found = parse(text)
    assert found is None or licences_in(found)
