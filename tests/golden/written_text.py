"""What an expression can be as text, as far as the source says it, without running anything.

Followed are constants, f-strings, sums of both, local names, loops over what is written out, arguments that callers
give, what functions return, fields and properties of annotated classes. What only a run knows becomes ``*``, so that a
text is a pattern. Functions and classes are found by their names in all files together: modules may move.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: What a name or a field of this name can be, where the source does not say more.
DOMAINS = {"direction": frozenset({"up", "down"}), "effect": frozenset({"taken", "added"})}

ANY = "*"
_OPEN = frozenset({ANY})

#: An element of what is iterated over, in a path of accesses; an int is a place in a tuple.
_EACH = "each"
_Step = int | str
_Function = ast.FunctionDef | ast.Lambda
_DEEPEST = 60


@dataclass(frozen=True)
class _Scope:
    """The functions, innermost last, and the class that an expression stands in."""

    module: ast.Module
    functions: tuple[_Function, ...] = ()
    owner: ast.ClassDef | None = None

    def outside(self) -> _Scope | None:
        return _Scope(self.module, self.functions[:-1], self.owner) if self.functions else None


@dataclass
class Source:
    """The parsed files, and what is declared and called in them."""

    files: Iterable[Path]
    scopes: dict[ast.AST, _Scope] = field(default_factory=dict)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    paths: dict[ast.Module, Path] = field(default_factory=dict)
    functions: dict[str, list[ast.FunctionDef]] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    calls: dict[str, list[ast.Call]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in self.files:
            module = ast.parse(path.read_text(encoding="utf-8"))
            self.paths[module] = path
            self._index(module, _Scope(module))

    def _index(self, node: ast.AST, scope: _Scope) -> None:
        self.scopes[node] = scope
        inner = scope
        if isinstance(node, ast.FunctionDef):
            self.functions.setdefault(node.name, []).append(node)
        if isinstance(node, ast.ClassDef):
            self.classes[node.name] = node
            inner = _Scope(scope.module, scope.functions, node)
        if isinstance(node, ast.Call):
            self.calls.setdefault(_last_word(node.func), []).append(node)
        for name, value in ast.iter_fields(node):
            within = isinstance(node, ast.FunctionDef | ast.Lambda) and name in ("body", "args")
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.parents[child] = node
                    self._index(child, _Scope(scope.module, (*scope.functions, node), scope.owner) if within else inner)  # type: ignore[arg-type]

    def methods_called(self, name: str) -> Iterator[tuple[Path, ast.Call]]:
        """Calls of methods of a name with their files, but for those in a method of that name, which pass it on."""
        for call in self.calls.get(name, []):
            functions = self.scopes[call].functions
            passes_on = bool(functions) and getattr(functions[-1], "name", "") == name
            if isinstance(call.func, ast.Attribute) and not passes_on:
                yield self.paths[self.scopes[call].module], call

    # -- what an expression can be ------------------------------------------------------------------------------------

    def texts(self, node: ast.expr, path: tuple[_Step, ...] = (), depth: int = 0) -> frozenset[str]:
        """Patterns of what a part of an expression can be as text."""
        if depth > _DEEPEST:
            return _OPEN
        found: set[str] = set()
        for inner, rest, below in self._reached(node, path, depth):
            found |= _OPEN if rest else self._written(inner, below)
        if ANY in found:
            found = found - _OPEN | DOMAINS.get(_last_word(node), _OPEN)
        return frozenset(found)

    def _written(self, node: ast.expr, depth: int) -> frozenset[str]:
        if isinstance(node, ast.Constant):
            return frozenset({str(node.value)}) if isinstance(node.value, str) else _OPEN
        if isinstance(node, ast.JoinedStr):
            return _joined([self.texts(part, (), depth + 1) for part in node.values])
        if isinstance(node, ast.FormattedValue):
            return self.texts(node.value, (), depth + 1) if node.format_spec is None else _OPEN
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return _joined([self.texts(node.left, (), depth + 1), self.texts(node.right, (), depth + 1)])
        return DOMAINS.get(_last_word(node), _OPEN)

    def _reached(
        self, node: ast.expr, path: tuple[_Step, ...], depth: int
    ) -> Iterator[tuple[ast.expr, tuple[_Step, ...], int]]:
        """Where the parts of an expression are written out; what cannot be followed comes back as it is."""
        onward = list(self._step(node, path)) if depth <= _DEEPEST else []
        if not onward:
            yield node, path, depth
        for inner, rest in onward:
            yield from self._reached(inner, rest, depth + 1)

    def _step(self, node: ast.expr, path: tuple[_Step, ...]) -> Iterator[tuple[ast.expr, tuple[_Step, ...]]]:
        if isinstance(node, ast.IfExp):
            yield from ((node.body, path), (node.orelse, path))
        elif isinstance(node, ast.Starred):
            yield node.value, (_EACH, *path)
        elif isinstance(node, ast.Name):
            yield from ((value, (*own, *path)) for value, own in self._bound(node.id, node))
        elif isinstance(node, ast.Attribute):
            yield from ((value, path) for value in self._field(node))
        elif isinstance(node, ast.Call):
            yield from self._called(node, path)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield node.value, (node.slice.value if isinstance(node.slice.value, int) else _EACH, *path)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            yield node.value, path
        elif path:
            yield from self._part(node, path)

    def _part(self, node: ast.expr, path: tuple[_Step, ...]) -> Iterator[tuple[ast.expr, tuple[_Step, ...]]]:
        first, rest = path[0], path[1:]
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            yield node.elt, rest
        elif isinstance(node, ast.Tuple | ast.List | ast.Set):
            plain = not any(isinstance(part, ast.Starred) for part in node.elts)
            if isinstance(first, int) and plain and first < len(node.elts):
                yield node.elts[first], rest
            else:
                yield from ((part, rest) for part in node.elts)

    def _called(self, node: ast.Call, path: tuple[_Step, ...]) -> Iterator[tuple[ast.expr, tuple[_Step, ...]]]:
        word = _last_word(node.func)
        if word == "zip" and len(path) > 1 and path[0] == _EACH and isinstance(path[1], int):
            yield node.args[path[1]], (_EACH, *path[2:])
        elif word == "enumerate" and path[:2] == (_EACH, 1):
            yield node.args[0], (_EACH, *path[2:])
        elif word in ("list", "tuple", "set", "sorted", "reversed", "fromkeys") and path and node.args:
            yield node.args[0], path
        elif isinstance(node.func, ast.Name):
            for function in self._functions_at(node, word):
                yield from ((value, path) for value in _returned(function))

    # -- names --------------------------------------------------------------------------------------------------------

    def _bound(self, name: str, place: ast.AST) -> list[tuple[ast.expr, tuple[_Step, ...]]]:
        """What a name stands for at a place: the nearest scope that binds it says."""
        node: ast.AST = place
        while node in self.parents:  # comprehensions around it
            node = self.parents[node]
            if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
                for generator in node.generators:
                    found = [(generator.iter, (_EACH, *path)) for path in _targets(generator.target, name)]
                    if found:
                        return found
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                break
        scope: _Scope | None = self.scopes[place]
        while scope is not None and scope.functions:
            function = scope.functions[-1]
            found = self._assigned(name, function) + self._passed(name, function)
            if found or name in _parameters(function):
                return found
            scope = scope.outside()
        return self._assigned(name, self.scopes[place].module)

    def _assigned(self, name: str, inside: ast.AST) -> list[tuple[ast.expr, tuple[_Step, ...]]]:
        found: list[tuple[ast.expr, tuple[_Step, ...]]] = []
        for node in _statements(inside):
            if isinstance(node, ast.Assign):
                found += [(node.value, path) for target in node.targets for path in _targets(target, name)]
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                found += [(node.value, path) for path in _targets(node.target, name)]
            elif isinstance(node, ast.For):
                found += [(node.iter, (_EACH, *path)) for path in _targets(node.target, name)]
            elif isinstance(node, ast.AugAssign) and _targets(node.target, name):
                # what was there before, and what comes to it
                found += [(_sum(before, path, node.value), ()) for before, path in list(found)]
        return found

    def _passed(self, name: str, function: _Function) -> list[tuple[ast.expr, tuple[_Step, ...]]]:
        """Arguments that callers give for a parameter, and its default."""
        if name not in (names := _parameters(function)):
            return []
        found: list[tuple[ast.expr, tuple[_Step, ...]]] = [(v, ()) for v in _defaults(function, name)]
        if isinstance(function, ast.Lambda):
            return found
        is_method = self.scopes[function].owner is not None and names[:1] == ["self"]
        for call in self._calls_of(function):
            place = names.index(name) - (1 if is_method else 0)
            given = argument(call, place, name)
            if given is not None:
                found.append((given, ()))
        return found

    def _calls_of(self, function: ast.FunctionDef) -> list[ast.Call]:
        module = self.scopes[function].module
        calls = self.calls.get(function.name, [])
        return [call for call in calls if not function.name.startswith("_") or self.scopes[call].module is module]

    def _functions_at(self, place: ast.AST, name: str) -> list[ast.FunctionDef]:
        """Functions of a name that can be called at a place; private ones in their own module alone."""
        module = self.scopes[place].module
        known = self.functions.get(name, [])
        return [function for function in known if not name.startswith("_") or self.scopes[function].module is module]

    def _field(self, node: ast.Attribute) -> list[ast.expr]:
        """What a property returns, or a field of a data class is made with."""
        owner = self._class_of(node.value)
        if owner is None:
            return []
        names = []
        for part in owner.body:
            if isinstance(part, ast.FunctionDef) and part.name == node.attr:
                return list(_returned(part))
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                names.append(part.target.id)
        if node.attr not in names:
            return []
        made = [argument(call, names.index(node.attr), node.attr) for call in self.calls.get(owner.name, [])]
        return [value for value in made if value is not None]

    def _class_of(self, node: ast.expr) -> ast.ClassDef | None:
        if not isinstance(node, ast.Name):
            return None
        scope: _Scope | None = self.scopes[node]
        if node.id == "self":
            return scope.owner if scope else None
        while scope is not None and scope.functions:
            for argument in _arguments(scope.functions[-1]):
                if argument.arg == node.id and argument.annotation is not None:
                    return self.classes.get(_last_word(argument.annotation))
            scope = scope.outside()
        return None


def _last_word(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    """What a call gives for a parameter, by its keyword or its place."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if 0 <= place < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args[: place + 1]):
        return call.args[place]
    return None


def _arguments(function: _Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _parameters(function: _Function) -> list[str]:
    return [argument.arg for argument in _arguments(function)]


def _defaults(function: _Function, name: str) -> list[ast.expr]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    last = positional[len(positional) - len(arguments.defaults) :]
    pairs = [
        *zip(last, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return [value for argument, value in pairs if argument.arg == name and value is not None]


def _targets(target: ast.expr, name: str) -> list[tuple[_Step, ...]]:
    """Where in what is unpacked a name stands: one path if it does, none if not."""
    if isinstance(target, ast.Name):
        return [()] if target.id == name else []
    if isinstance(target, ast.Tuple | ast.List):
        return [(k, *path) for k, part in enumerate(target.elts) for path in _targets(part, name)]
    return []


def _sum(left: ast.expr, path: tuple[_Step, ...], right: ast.expr) -> ast.expr:
    for step in path:
        left = ast.Subscript(value=left, slice=ast.Constant(value=step), ctx=ast.Load())
    return ast.BinOp(left=left, op=ast.Add(), right=right)


def _statements(inside: ast.AST) -> Iterator[ast.AST]:
    """Statements of a function or module in order, without those of functions and classes in it."""
    body = getattr(inside, "body", [])
    for node in body if isinstance(body, list) else []:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        yield node
        yield from _statements(node)
        for other in ("orelse", "finalbody"):
            yield from _statements(ast.Module(body=getattr(node, other, []), type_ignores=[]))


def _returned(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in _statements(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value


def _joined(parts: Sequence[frozenset[str]]) -> frozenset[str]:
    """Every way to write some texts one after another."""
    texts = {""}
    for part in parts:
        texts = {before + after for before in texts for after in part}
    return frozenset(re.sub(r"\*+", ANY, text) for text in texts)
