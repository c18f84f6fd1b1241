"""The stable codes that the source can give out, read from the source itself.

A code is the argument `code` of a call (or its place in a call of one of our own functions), a class's `code`, the
first argument of `render.warning`, or a value of a table whose name ends with `_CODES`. Where it is put together, the
parts are followed to the calls that bring them; what cannot be followed is reported, so that no code hides.
"""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (ROOT / "attest", ROOT / "registry/attest_registry")
YAML = "attest/strict_yaml"
PREFIXES = {
    "attest/policy": ("policy",),
    "attest/cases": ("policy",),
    "attest/claims": ("record",),
    YAML: ("policy", "record"),
}
"""Whose documents the errors of `strict_yaml` are about, by who raises them."""

OF_DOCUMENTS = ("document.error", "self.error", "self.refuse", "self._refuse")
"""Calls whose code gets the document's prefix."""

KEBAB = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
JUDGED = 1
INCIDENT = 3
FINDINGS = {"Finding", "Problem"}
WARNINGS = {"warning", "KeyWarning"}


@dataclass
class Stated:
    """What the source says: code → exit statuses it can come with, and what could not be read."""

    statuses: dict[str, set[int]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def add(self, codes: set[str], status: int | None) -> None:
        for code in codes:
            self.statuses.setdefault(code, set()).update(() if status is None else (status,))


@dataclass
class Module:
    """One parsed file, walked once: its nodes in the order of `ast.walk`, and the function around every one."""

    path: str
    tree: ast.Module
    nodes: list[ast.AST] = field(default_factory=list)
    around: dict[ast.AST, ast.FunctionDef] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nodes.append(self.tree)
        for node in self.nodes:  # grows as we go
            function = node if isinstance(node, ast.FunctionDef) else self.around.get(node)
            for child in ast.iter_child_nodes(node):
                self.nodes.append(child)
                if function is not None:
                    self.around[child] = function


@functools.cache
def modules() -> list[Module]:
    paths = sorted(path for package in PACKAGES for path in package.rglob("*.py") if "codes" not in path.parts)
    return [Module(str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in paths]


class Reader:
    """Follows codes through the source."""

    def __init__(self) -> None:
        self.modules = modules()
        self.classes = {
            node.name: node for module in self.modules for node in module.nodes if isinstance(node, ast.ClassDef)
        }
        self.calls: dict[str, list[tuple[Module, ast.Call]]] = {}
        for module in self.modules:
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    self.calls.setdefault(_last_name(node.func), []).append((module, node))
        self.stated = Stated()

    def read(self) -> Stated:
        for module in self.modules:
            for node in module.nodes:
                if isinstance(node, ast.ClassDef):
                    self._class(node)
                elif isinstance(node, ast.Call):
                    self._call(module, node)
                elif isinstance(node, ast.Assign | ast.AnnAssign):
                    self._table(node)
        return self.stated

    def _class(self, node: ast.ClassDef) -> None:
        code = attribute(node, "code")
        if code is not None:
            self.stated.add({str(code)}, self.status_of(node.name))

    def _table(self, node: ast.Assign | ast.AnnAssign) -> None:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Name) and target.id.endswith("_CODES") and isinstance(node.value, ast.Dict):
            values = [value.value for value in node.value.values if isinstance(value, ast.Constant)]
            self.stated.add({str(value) for value in values if KEBAB.fullmatch(str(value))}, None)

    def _call(self, module: Module, call: ast.Call) -> None:
        value = next((each.value for each in call.keywords if each.arg == "code"), None)
        if _last_name(call.func) == "warning" and ast.unparse(call.func) == "render.warning":
            value = call.args[0]
        if value is None:
            return
        called = ast.unparse(call.func)
        codes = self.values(module, value)
        if codes is None:
            self.stated.unread.append(f"{module.path}:{call.lineno}: {ast.unparse(value)}")
            return
        if called.endswith(OF_DOCUMENTS):
            prefixes = next(prefixes for place, prefixes in PREFIXES.items() if module.path.startswith(place))
            codes = {f"{prefix}-{code}" for prefix in prefixes for code in codes}
        self.stated.add(codes, self._status(module, call, called))

    def _status(self, module: Module, call: ast.Call, called: str) -> int | None:
        name = called.rpartition(".")[2]
        if name in WARNINGS:
            return 0
        if name in FINDINGS:
            stated = next((each.value for each in call.keywords if each.arg == "exit_status"), None)
            if stated is None:
                return JUDGED
            return INCIDENT if ast.unparse(stated) == "_INCIDENT" or "ContentMismatch" in ast.unparse(stated) else None
        if called.endswith(OF_DOCUMENTS) or (module.path.startswith(YAML) and "failure" in name):
            return self.status_of("InputError")
        return self.status_of(name)

    def status_of(self, name: str) -> int | None:
        """The exit status of an error class, its own or inherited."""
        node = self.classes.get(name)
        if node is None:
            return None
        own = attribute(node, "exit_status")
        if own is not None:
            return int(own)
        return next(
            (found for base in node.bases if (found := self.status_of(ast.unparse(base).split(".")[-1])) is not None),
            None,
        )

    def values(self, module: Module, node: ast.expr) -> set[str] | None:
        """Every text that an expression can be; empty where it hands on another error's code, `None` if not known."""
        match node:
            case ast.Constant(value=text):
                found: set[str] | None = set() if text is None else {str(text)}
            case ast.IfExp(body=body, orelse=other):
                found = union(self.values(module, body), self.values(module, other))
            case ast.BoolOp(values=[first, second]):
                found = union(self.values(module, first), self.values(module, second))
            case ast.Attribute(value=ast.Name(id=name), attr="code"):
                found = {str(attribute(self.classes[name], "code"))} if name in self.classes else set()
            case ast.Attribute(attr="code"):
                found = set()
            case ast.Subscript(value=ast.Name(id=name)) if name.endswith("_CODES"):
                found = set()
            case ast.JoinedStr(values=parts):
                found = self._joined(module, parts)
            case ast.Name(id=name):
                found = self._named(module, node, name)
            case _:
                found = None
        return found

    def _joined(self, module: Module, parts: list[ast.expr]) -> set[str] | None:
        found = {""}
        yaml = module.path.startswith(YAML)
        for part in parts:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            if yaml and ast.unparse(inner).strip("_") in {"prefix", "self.prefix", "self._prefix"}:
                more: set[str] | None = set(PREFIXES[YAML])
            elif yaml and ast.unparse(inner) == "code":
                return set()  # what the calls of this method say is read there
            else:
                more = self.values(module, inner)
            if more is None:
                return None
            found = {begin + end for begin in found for end in more}
        return found

    def _named(self, module: Module, node: ast.expr, name: str) -> set[str] | None:
        function = module.around.get(node)
        if function is None:
            return None
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        if name in names or name in [argument.arg for argument in function.args.kwonlyargs]:
            return self._brought(function, names, name)
        for statement in ast.walk(function):
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
                position = [ast.unparse(element) for element in statement.targets[0].elts].index(name)
                return self._returned(module, statement.value, position)
        return None

    def _brought(self, function: ast.FunctionDef, names: list[str], name: str) -> set[str] | None:
        """What the calls of a function give for one of its arguments, besides the default."""
        defaults = dict(zip(reversed(names), reversed(function.args.defaults), strict=False))
        defaults |= {
            argument.arg: default
            for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
            if default is not None
        }
        default = defaults.get(name)
        found = {str(default.value)} if isinstance(default, ast.Constant) and default.value is not None else set()
        place = names.index(name) - (names[0] == "self") if name in names else None
        for module, call in self.calls.get(function.name, ()):
            given = next((each.value for each in call.keywords if each.arg == name), None)
            if given is None and place is not None and place < len(call.args):
                given = call.args[place]
            more = set() if given is None else self.values(module, given)
            if more is None:
                return None
            found |= more
        return found

    def _returned(self, module: Module, call: ast.expr, position: int) -> set[str] | None:
        """What a function of the same module returns at a place of its tuples."""
        if not isinstance(call, ast.Call):
            return None
        found: set[str] | None = set()
        for function in module.nodes:
            if isinstance(function, ast.FunctionDef) and function.name == ast.unparse(call.func):
                for statement in ast.walk(function):
                    if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Tuple):
                        found = union(found, self.values(module, statement.value.elts[position]))
        return found


def _last_name(called: ast.expr) -> str:
    """What stands after the last dot of what is called."""
    return called.attr if isinstance(called, ast.Attribute) else ast.unparse(called).split(".")[-1]


def attribute(node: ast.ClassDef, name: str) -> str | int | None:
    """A constant that a class body sets; `None` where it does not."""
    for statement in node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if isinstance(target, ast.Name) and target.id == name:
            value = getattr(statement, "value", None)
            if isinstance(value, ast.Constant) and isinstance(value.value, str | int):
                return value.value
    return None


def union(first: set[str] | None, second: set[str] | None) -> set[str] | None:
    return None if first is None or second is None else first | second
