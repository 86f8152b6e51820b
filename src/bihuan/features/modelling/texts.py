"""Reading YAML and CSV as text with places: every scalar stays text, and every fault becomes a problem."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bihuan.engine.definition import Place
from bihuan.features.modelling.plain_yaml import PlainLoader, yaml_problem
from bihuan.kernel.errors import Problem
from bihuan.kernel.nearest import hint

MAX_FILE = 64_000_000  # bytes of one text file
_YES = {"yes", "true", "是", "y", "1"}
_NO = {"no", "false", "否", "n", "0"}


class Problems(list[Problem]):
    """All problems of a package, in the order they were met."""

    def at(self, code: str, place: Place, message: str, *, found: str = "", expected: str = "") -> None:
        """One more."""
        self.append(Problem(code, place.file, place.line, place.column, found, expected, message))


def read_text(path: Path, file: str, problems: Problems) -> str | None:
    """The text of a UTF-8 file, a byte-order mark removed; None with a problem when it is none."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.at("unreadable", Place(file), f"读不了文件：{error.strerror}")
        return None
    if len(raw) > MAX_FILE:
        problems.at("too_long", Place(file), "文件太大", found=f"{len(raw)} 字节", expected=f"最多 {MAX_FILE}")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problems.at("encoding", Place(file, line), "文件不是 UTF-8 编码；另存为 UTF-8", expected="UTF-8")
        return None


# --- YAML -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Yaml:
    """A node of a YAML file. Mappings are asked key by key; `unknown` reports the keys nobody asked for."""

    node: yaml.Node
    file: str
    problems: Problems
    key: yaml.Node | None = None  # what the node stands under

    @property
    def key_place(self) -> Place:
        """Where the key before the node starts."""
        mark = (self.key or self.node).start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    @property
    def place(self) -> Place:
        """Where the node starts."""
        return Place(self.file, self.node.start_mark.line + 1, self.node.start_mark.column + 1)

    def wrong(self, what: str, expected: str) -> None:
        """Report that this node is of the wrong kind or content."""
        found = self.node.value if isinstance(self.node, yaml.ScalarNode) else "一组值"
        self.problems.at("bad_value", self.place, f"{what}写得不对", found=str(found)[:60], expected=expected)

    def mapping(self, what: str) -> dict[str, "Yaml"]:
        """Keys to nodes, in order; duplicates are reported."""
        out: dict[str, Yaml] = {}
        if _is_empty(self.node):
            return out
        if not isinstance(self.node, yaml.MappingNode):
            self.wrong(what, "键: 值")
            return out
        for key, value in self.node.value:
            name = Yaml(key, self.file, self.problems)
            if not isinstance(key, yaml.ScalarNode):
                name.wrong("键", "文本")
            elif key.value in out:
                self.problems.at("duplicate_key", name.place, f"“{key.value}”写了两次", found=key.value)
            else:
                out[key.value] = Yaml(value, self.file, self.problems, key)
        return out

    @property
    def is_mapping(self) -> bool:
        """True for keys with values, where a list could stand as well."""
        return isinstance(self.node, yaml.MappingNode)

    def text(self, what: str) -> str:
        """A scalar, as written."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.wrong(what, "一个值")
            return ""
        return str(self.node.value)

    def texts(self, what: str) -> tuple[str, ...]:
        """A list of scalars."""
        if _is_empty(self.node):
            return ()
        if not isinstance(self.node, yaml.SequenceNode):
            self.wrong(what, "[a, b, …]")
            return ()
        out = []
        for node in self.node.value:
            one = Yaml(node, self.file, self.problems)
            if isinstance(node, yaml.MappingNode) and len(node.value) == 1:
                # an unquoted ``period:year`` is text already; ``period: year`` in a list is a mapping
                key, value = node.value[0]
                out.append(f"{key.value}:{value.value}")
            else:
                out.append(one.text(what))
        return tuple(out)

    def each(self, what: str) -> list["Yaml"]:
        """The nodes of a list."""
        if _is_empty(self.node):
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            self.wrong(what, "[…, …]")
            return []
        return [Yaml(node, self.file, self.problems) for node in self.node.value]

    def pairs(self, what: str) -> dict[str, str]:
        """A mapping of scalars."""
        return {key: value.text(f"{what}“{key}”") for key, value in self.mapping(what).items()}

    def whole(self, what: str, default: int = 0) -> int:
        """A whole number."""
        text = self.text(what).strip()
        try:
            return int(text)
        except ValueError:
            self.wrong(what, "整数")
            return default

    def decimal(self, what: str, *, above: float) -> float:
        """A finite number greater than ``above``."""
        try:
            found = float(self.text(what).strip())
        except ValueError:
            found = float("nan")
        if not above < found < float("inf"):
            self.wrong(what, f"大于 {above:g} 的数")
            return above + 1.0
        return found

    def truth(self, what: str) -> bool:
        """yes or no."""
        text = self.text(what).strip().lower()
        if text not in _YES | _NO:
            self.wrong(what, "yes 或 no")
        return text in _YES


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == "" and node.style is None


def read_yaml(path: Path, file: str, problems: Problems) -> Yaml | None:
    """The root node; None with a problem when the file is no YAML."""
    text = read_text(path, file, problems)
    return None if text is None else yaml_of(text, file, problems)


def yaml_of(text: str, file: str, problems: Problems) -> Yaml | None:
    """The root node of a text; None with a problem when it is no YAML."""
    try:
        node = yaml.compose(text, Loader=PlainLoader)
    except yaml.YAMLError as error:
        found = yaml_problem(error, file, text)
        problems.append(found)
        return None
    if node is None:
        problems.at("yaml", Place(file), "文件是空的")
        return None
    return Yaml(node, file, problems)


def report_unknown(keys: Mapping[str, Yaml], known: Sequence[str], what: str) -> None:
    """Report keys that mean nothing here, with what looks like them."""
    for key, node in keys.items():
        if key not in known:
            message = f"{what}没有“{key}”这一项{hint(key, known)}"
            node.problems.at("unknown_key", node.key_place, message, found=key, expected="、".join(known))


# --- CSV ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a CSV file by column name; ``place`` is its line."""

    cells: Mapping[str, str]
    place: Place

    def get(self, column: str) -> str:
        """The trimmed cell, "" when there is no such column."""
        return self.cells.get(column, "").strip()


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: its header and its rows."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def column_place(self, column: str) -> Place:
        """The header cell."""
        return Place(self.file, 1, self.columns.index(column) + 1)


def read_csv(path: Path, file: str, problems: Problems) -> Table | None:
    """The table; None with a problem when there is no header. Rows of the wrong width are reported and left out."""
    text = read_text(path, file, problems)
    if text is None:
        return None
    lines = _csv_lines(text, file, problems)
    first = next(lines, None)
    header = [] if first is None else [name.strip() for name in first[1]]
    if first is None or not any(header):
        problems.at("no_header", Place(file, 1), "文件没有表头")
        return None
    if double := next((name for name in header if header.count(name) > 1), None):
        problems.at("duplicate_column", Place(file, first[0]), f"表头“{double}”重复", found=double or "空表头")
        return None
    rows = []
    for number, cells in lines:
        place = Place(file, number, 1)
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            message = "这一行的列数和表头不一样"
            problems.at("ragged", place, message, found=f"{len(cells)} 列", expected=f"{len(header)} 列")
            continue
        rows.append(Row(dict(zip(header, cells, strict=True)), place))
    return Table(file, tuple(header), tuple(rows))


def _csv_lines(text: str, file: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 1
    try:
        for cells in reader:
            yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        problems.at("csv", Place(file, number), f"CSV 写法有误：{error}")
