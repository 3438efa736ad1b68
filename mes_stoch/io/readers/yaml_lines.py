"""YAML read so that every value knows its line.

Scalars follow the YAML 1.2 core schema: ``true`` and ``false`` are the booleans, ``1e3`` is a number and dates stay
text. YAML 1.1, which PyYAML reads by default, would turn a node called ``on`` into a boolean and ``12:30`` into 750.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mes_stoch.io.files import LARGEST_TEXT_BYTES, read_regular
from mes_stoch.schema.errors import Issue

EntryPath = tuple[str | int, ...]

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_NAN = re.compile(r"\.(nan|NaN|NAN)")
_LONGEST_NUMBER = 400
_STANDARD = "tag:yaml.org,2002:"
_MERGE = "<<"

_Entries = dict[int, dict[str, tuple[yaml.Node, yaml.Node]]]


@dataclass
class Document:
    """A YAML file: its values as Python data, what is wrong with its form, and the line of every entry.

    Parameters
    ----------
    file : str
        Name for messages.
    data : Any
        Mappings with text keys, lists and scalars; ``None`` if the file could not be read.
    issues : list of Issue
        Problems of form: syntax, duplicate keys, unknown tags.
    """

    file: str
    data: Any = None
    issues: list[Issue] = field(default_factory=list)
    _root: yaml.Node | None = None
    #: Entries of mappings that were looked into, by the identity of their nodes.
    _entries: _Entries = field(default_factory=dict)

    def line(self, path: Sequence[str | int], *, of_key: bool = True) -> int | None:
        """Line of an entry, or of its nearest parent that is written; ``None`` for a file without content."""
        node = self._root
        if node is None:
            return None
        line = int(node.start_mark.line) + 1
        for part in path:
            found = _child(node, part, self._entries)
            if found is None:
                break
            key, node = found
            line = int((key if of_key else node).start_mark.line) + 1
        return line


def read_yaml(path: Path, file: str) -> Document:
    """Read a YAML file; never raises for what a user may have written."""
    document = Document(file)
    try:
        text = read_regular(path, LARGEST_TEXT_BYTES).decode("utf-8-sig")
    except OSError as error:
        hint = "an instance is a folder with a file of this name"
        document.issues.append(Issue(file, None, "", error.strerror or "an unreadable file", "a readable file", hint))
        return document
    except UnicodeDecodeError as error:
        found = f"a byte that is not UTF-8 at position {error.start}"
        document.issues.append(Issue(file, None, "", found, "a text file in UTF-8", "save the file as UTF-8"))
        return document
    parse_yaml(text, document)
    return document


def parse_yaml(text: str, document: Document) -> None:
    """Fill a document from text."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            document._root = root
            document.data = _Builder(document).build(root, ())
    except yaml.YAMLError as error:
        document.issues.append(_syntax_issue(document.file, error))
    except RecursionError:
        document.issues.append(Issue(document.file, None, "", "lists nested too deeply", "a plain mapping"))


def _syntax_issue(file: str, error: yaml.YAMLError) -> Issue:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "text that is not YAML"
    context = getattr(error, "context", None)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    found = f"{context}: {problem}" if context else str(problem)
    hint = "check indentation, colons, brackets and quotes at this place and just above it"
    if "'\\t'" in found:
        hint = "indent with spaces, not tabs"
    return Issue(file, None if mark is None else mark.line + 1, "", f"{found}{where}", "valid YAML", hint)


class _Builder:
    """Turns nodes into data; a node that several aliases share is built once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._built: dict[int, Any] = {}
        self._open: set[int] = set()

    def build(self, node: yaml.Node, path: EntryPath) -> Any:
        identity = id(node)
        if identity in self._built:
            return self._built[identity]
        if identity in self._open:
            self._report(node, path, "an alias that contains itself", "a value")
            return None
        self._open.add(identity)
        try:
            self._check_tag(node, path)
            if isinstance(node, yaml.MappingNode):
                value: Any = self._mapping(node, path)
            elif isinstance(node, yaml.SequenceNode):
                value = [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
            else:
                value = _scalar(node)
        finally:
            self._open.discard(identity)
        self._built[identity] = value
        return value

    def _mapping(self, node: yaml.MappingNode, path: EntryPath) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        first_line: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(key_node, path, "a list or mapping as a key", "a name as a key")
                continue
            key = str(key_node.value)
            if key == _MERGE and key_node.style is None:
                self._merge(value_node, path, merged)
                continue
            if key in own:
                self._report(
                    key_node,
                    (*path, key),
                    f"the key {key} a second time (first on line {first_line[key]})",
                    "each key once",
                    "remove one of the two, or rename it",
                )
                continue
            first_line[key] = int(key_node.start_mark.line) + 1
            own[key] = self.build(value_node, (*path, key))
        return {**merged, **own}

    def _merge(self, node: yaml.Node, path: EntryPath, merged: dict[str, Any]) -> None:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            value = self.build(source, (*path, _MERGE))
            if not isinstance(value, dict):
                self._report(node, (*path, _MERGE), "a merge of what is no mapping", "an alias of a mapping")
                continue
            for key, item in value.items():
                merged.setdefault(key, item)

    def _check_tag(self, node: yaml.Node, path: EntryPath) -> None:
        # what the resolver guesses begins with the standard prefix; anything else was written as a tag of its own
        tag = str(node.tag)
        if not tag.startswith(_STANDARD) or tag.startswith(_STANDARD + "python"):
            self._report(node, path, f"the tag {tag}", "plain values", "remove the tag")

    def _report(self, node: yaml.Node, path: EntryPath, found: str, expected: str, hint: str = "") -> None:
        line = int(node.start_mark.line) + 1
        self._document.issues.append(Issue(self._document.file, line, dotted(path), found, expected, hint))


def dotted(path: Sequence[str | int]) -> str:
    """Path of an entry as it is shown: ``components.chp.inputs.0.node``."""
    return ".".join(str(part) for part in path)


def value_at(data: Any, path: Sequence[str | int]) -> Any:
    """What stands at a path; ``None`` where nothing does."""
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(str(part))
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) is not None:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if len(text) <= _LONGEST_NUMBER:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    if _NAN.fullmatch(text):
        return float("nan")
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        return float(infinite.group(1) + "inf")
    return text


def _child(
    node: yaml.Node, part: str | int, entries: _Entries, seen: frozenset[int] = frozenset()
) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of an entry; the item itself stands for the key in a list."""
    if isinstance(node, yaml.SequenceNode):
        if isinstance(part, int) and 0 <= part < len(node.value):
            return node.value[part], node.value[part]
        return None
    # an alias may merge a mapping into itself
    if not isinstance(node, yaml.MappingNode) or id(node) in seen:
        return None
    if id(node) not in entries:
        # of a key that stands twice the first counts
        pairs = reversed(node.value)
        entries[id(node)] = {key.value: (key, value) for key, value in pairs if isinstance(key, yaml.ScalarNode)}
    if str(part) in entries[id(node)]:
        return entries[id(node)][str(part)]
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == _MERGE and key.style is None:
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                found = _child(source, part, entries, seen | {id(node)})
                if found is not None:
                    return found
    return None
