"""YAML as plain data in which every value knows its place.

Stricter than YAML: no anchors, aliases or tags (so no bombs), no repeated keys, one document, at
most 40 levels. Plain scalars follow the YAML 1.2 core schema: `NO` and `on` are text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from segue.core.errors import Place, SegueError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?\d+")
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True,
          "TRUE": True, "false": False, "False": False, "FALSE": False}  # fmt: skip

_QUOTED = ("'", '"')
_BLOCK = ("|", ">")
_SPACE_ESCAPES = frozenset("tnvfrNLP_ \t\n")

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and indexes from the top."""


class DocumentError(SegueError):
    """A file is not the YAML that packs are written in."""

    code = "invalid_document"
    status = 422


@dataclass(frozen=True)
class Document:
    """One file as plain data: dicts, lists, text, numbers, booleans and None."""

    file: str
    data: Any
    _source: str
    _values: dict[Path, yaml.Node]
    _keys: dict[Path, yaml.Node]

    def place(self, path: Path = ()) -> Place:
        """Return where the value at `path` starts, or the nearest one above it that exists."""
        node = self._nearest(path)
        if node is None:
            return Place(self.file, 1, 1)
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def key_place(self, path: Path) -> Place:
        """Return where the key of the value at `path` starts."""
        node = self._keys.get(path)
        if node is None:
            return self.place(path)
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def place_in(self, path: Path, offset: int) -> Place:
        """Return where character `offset` of the text at `path` stands, folded and block text included."""
        node = self._values.get(path)
        if not isinstance(node, yaml.ScalarNode):
            return self.place(path)
        index = _source_index(self._source, node, offset)
        line = self._source.count("\n", 0, index)
        return Place(self.file, line + 1, index - (self._source.rfind("\n", 0, index) + 1) + 1)

    def _nearest(self, path: Path) -> yaml.Node | None:
        for length in range(len(path), -1, -1):
            node = self._values.get(path[:length])
            if node is not None:
                return node
        return None


def read_document(raw: bytes, file: str) -> Document:
    """Read one YAML file.

    Raises:
        DocumentError: it is empty, too large, not UTF-8, cut off, or uses what packs do not have.
    """
    source = decode(raw, file)
    try:
        _check_events(source, file)
        node = yaml.compose(source, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        raise DocumentError(f"not readable as YAML: {error.problem or error.context}", place) from None
    except yaml.reader.ReaderError as error:
        before = source[: error.position]
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise DocumentError(f"not readable as YAML: {error.reason}", place) from None
    except yaml.YAMLError as error:
        raise DocumentError(f"not readable as YAML: {str(error).splitlines()[0]}", Place(file)) from None
    if node is None:
        raise DocumentError("the file is empty", Place(file, 1, 1))
    values: dict[Path, yaml.Node] = {}
    keys: dict[Path, yaml.Node] = {}
    data = _plain(node, (), file, values, keys)
    return Document(file, data, source, values, keys)


def decode(raw: bytes, file: str) -> str:
    """Return a file's text with line ends as `\\n`.

    Raises:
        DocumentError: the file is larger than 1 MB, or not UTF-8; the place names the first bad byte.
    """
    if len(raw) > MAX_BYTES:
        raise DocumentError(f"the file has {len(raw)} bytes, at most {MAX_BYTES} are allowed", Place(file))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        message = f"not UTF-8: byte 0x{raw[error.start]:02x}"
        raise DocumentError(message, Place(file, before.count(b"\n") + 1, column)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_events(source: str, file: str) -> None:
    """Refuse what could not be composed safely, before anything is built."""
    depth = documents = 0
    for event in yaml.parse(source, Loader=_LOADER):
        mark = event.start_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DocumentError("anchors and aliases are not allowed", place)
        tag = getattr(event, "tag", None)
        if tag:
            raise DocumentError(f"tags are not allowed, found {tag}", place)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise DocumentError("one document a file, found a second", place)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise DocumentError(f"nested over {MAX_DEPTH} levels", place)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(
    node: yaml.Node, path: Path, file: str, values: dict[Path, yaml.Node], keys: dict[Path, yaml.Node]
) -> Any:
    values[path] = node
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, file)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), file, values, keys) for index, item in enumerate(node.value)]
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        place = Place(file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            raise DocumentError("a key must be a text", place)
        key = str(key_node.value)
        if key in found:
            raise DocumentError(f"the key {key!r} stands twice", place)
        keys[(*path, key)] = key_node
        found[key] = _plain(value_node, (*path, key), file, values, keys)
    return found


def _scalar(node: yaml.ScalarNode, file: str) -> Any:
    text = str(node.value)
    if node.style in _QUOTED or node.style in _BLOCK:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= 20:
        return int(text)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if not math.isfinite(value):
            place = Place(file, node.start_mark.line + 1, node.start_mark.column + 1)
            raise DocumentError(f"the number {text} is out of bounds", place)
        return value
    return text


def _source_index(source: str, node: yaml.ScalarNode, offset: int) -> int:
    """Return where the value's character `offset` stands in the source.

    Folding and indentation change white space only, so the visible characters are counted.
    """
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    index = starts[node.start_mark.line] + node.start_mark.column
    end = starts[node.end_mark.line] + node.end_mark.column
    if node.style in _BLOCK:
        index = starts[node.start_mark.line + 1]
    elif node.style in _QUOTED:
        index += 1
    value = str(node.value)
    ahead = sum(1 for character in value[:offset] if not character.isspace())
    while index < end:
        width = _escape_width(source, index, node.style)
        if not _is_space(source[index : index + width], node.style):
            if ahead == 0:
                break
            ahead -= 1
        index += width
    return min(index, max(end - 1, 0))


def _is_space(piece: str, style: str | None) -> bool:
    """Return True when a piece of source stands for white space, or for nothing as an escaped line end does."""
    if style != '"' or not piece.startswith("\\"):
        return piece.isspace()
    if piece[1:2] in ("x", "u", "U"):
        return chr(int(piece[2:], 16)).isspace()
    return piece[1:2] in _SPACE_ESCAPES


def _escape_width(source: str, index: int, style: str | None) -> int:
    """Return how many characters of quoted source stand for one of the value."""
    if style == "'" and source.startswith("''", index):
        return 2
    if style == '"' and source[index] == "\\":
        return {"x": 4, "u": 6, "U": 10}.get(source[index + 1 : index + 2], 2)
    return 1
