"""Names of code-bearing files as a policy writes them: a path, or a pattern that still names something.

`*` and `?` stay inside one folder, `**` crosses folders, everything else is literal and the whole path has to match.
"""

from __future__ import annotations

import re
from typing import Final

_TOKENS: Final = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANING: Final = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_NAMES_SOMETHING: Final = re.compile(r"[^*?/.]")


def names_something(pattern: str) -> bool:
    """Whether it holds more than wildcards: `*` or `**/*` would name every file and so none."""
    return _NAMES_SOMETHING.search(pattern) is not None


def matches(pattern: str, path: str) -> bool:
    """Whether `path` is what `pattern` names, whole and case by case."""
    if pattern == path:
        return True
    expression = "".join(_MEANING.get(token) or re.escape(token) for token in _TOKENS.findall(pattern))
    return re.fullmatch(expression, path, re.DOTALL) is not None
