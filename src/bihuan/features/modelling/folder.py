"""Between a package as a folder and a package as a mapping path -> text; reading either into a definition."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import ModelDefinition
from bihuan.features.modelling.model import MARKER
from bihuan.features.modelling.package import read_definition, read_package
from bihuan.features.modelling.texts import Problems, read_text
from bihuan.kernel.errors import Problem, ProblemsFound

SUFFIXES = (".yaml", ".csv", ".md")


def read_folder(folder: Path) -> dict[str, str]:
    """Path -> text of the package's files; what is hidden or no text of a package is left out."""
    problems = Problems()
    files: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in PurePosixPath(name).parts)
        if name != MARKER and (hidden or path.suffix not in SUFFIXES or not path.is_file()):
            continue
        text = read_text(path, name, problems)
        if text is not None:
            files[name] = text
    if problems:
        raise ProblemsFound(problems)
    return files


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Writes the files below ``folder``; package files there that are no longer part of it are removed (not ``data/``)."""
    _check_paths(files)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        ours = path.suffix in SUFFIXES and name.split("/")[0] in ("dimensions", "cubes", "expect")
        if path.is_file() and ours and name not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")


def check(files: Mapping[str, str], name: str) -> CompiledModel:
    """The model of a package with nothing wrong in it; else `ProblemsFound` with everything. ``name``: if it gives none."""
    with _unpacked(files, name) as folder:
        return read_package(folder).model


def definition(files: Mapping[str, str], name: str) -> ModelDefinition:
    """The definition of a package that was checked when it was applied."""
    problems = Problems()
    with _unpacked(files, name) as folder:
        found = read_definition(folder, problems)
    if found is None or problems:
        raise ProblemsFound(problems)
    return found


@contextmanager
def _unpacked(files: Mapping[str, str], name: str) -> Iterator[Path]:
    _check_paths(files)
    with tempfile.TemporaryDirectory(prefix="bihuan-package-") as parent:
        folder = Path(parent) / (name or "model")
        folder.mkdir()
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8", newline="")
        yield folder


def _check_paths(files: Mapping[str, str]) -> None:
    """Refuses names that would lead out of the folder or are no file of a package."""
    wrong = [
        Problem("bad_path", path, found=path, expected="dimensions/<名称>.csv, cubes/<名称>.yaml …", message="不是模型包里的文件")
        for path in files
        if path != MARKER and not _is_plain(path)
    ]  # fmt: skip
    if wrong:
        raise ProblemsFound(wrong)


def _is_plain(path: str) -> bool:
    parts = path.split("/")
    return (
        len(parts) <= 3
        and all(part and not part.startswith(".") and part.isprintable() for part in parts)
        and not any(sign in path for sign in "\\:\0")
        and path.endswith(SUFFIXES)
    )
