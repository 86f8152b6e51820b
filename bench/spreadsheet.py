"""The same linked formulas in LibreOffice Calc, headless, on a size it can hold: `calculateAll` of the open document.

Opening, parsing and saving are not counted. Left out where no LibreOffice and no Python with its bridge are installed
(Debian: libreoffice-calc, python3-uno).
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import linked
import numpy as np
import xlsxwriter
from harness import Result, seconds

from bihuan.engine.calculate import Memo
from bihuan.engine.sheet import Sheet

THREADS = 2
BAR = 0.05  # at least twenty times faster
CALC = """
import subprocess, sys, time, uno
from com.sun.star.beans import PropertyValue
office, path, profile, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
pipe = "bihuan-bench"
running = subprocess.Popen([office, "--headless", "--norestore", "--nologo", f"-env:UserInstallation=file://{profile}",
                            f"--accept=pipe,name={pipe};urp;"])
try:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(240):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            break
        except Exception:
            time.sleep(0.5)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    hidden = PropertyValue(); hidden.Name, hidden.Value = "Hidden", True
    document = desktop.loadComponentFromURL("file://" + path, "_blank", 0, (hidden,))
    sheet = document.Sheets.getByIndex(0)
    first = sheet.getCellByPosition(0, 0)
    first.Value = first.Value  # so that nothing is taken from the file
    for _ in range(rounds):
        start = time.perf_counter()
        document.calculateAll()
        print("time", time.perf_counter() - start, flush=True)
    used = sheet.createCursor(); used.gotoEndOfUsedArea(False)
    last = used.RangeAddress
    for row in (0, last.EndRow):
        print("last", sheet.getCellByPosition(last.EndColumn, row).Value, flush=True)
    document.close(True)
    desktop.terminate()
finally:
    running.terminate()
    running.wait(30)
"""


def run(quick: bool) -> list[Result]:
    """One result; none in the quick run, nor without LibreOffice."""
    office, python = shutil.which("soffice"), python_with_bridge()
    if quick:
        return []
    if office is None or python is None:
        print("       LibreOffice left out: soffice or a Python that imports uno is not installed")
        return []
    data = linked.make(4_000, 12, 25)
    sheet = linked.sheet(data, THREADS)

    def ours() -> np.ndarray:
        return Sheet(replace(sheet.calculation, memo=Memo())).leaves(data.last).values

    expected = ours()
    raw = [seconds(ours) for _ in range(5)]
    theirs, ends = calc(office, python, data)
    np.testing.assert_allclose(ends, [expected[0, -1], expected[-1, -1]], rtol=1e-9)
    raw += [seconds(ours) for _ in range(5)]  # before and after: a slow moment of the machine hits both
    return [
        Result(
            f"recalculation, {data.formulas} linked formulas", f"{data.rows} x 12", THREADS, statistics.median(raw),
            "LibreOffice Calc, calculateAll", statistics.median(theirs), BAR, raw, theirs,
        )
    ]  # fmt: skip


def python_with_bridge() -> str | None:
    """The first interpreter that speaks to LibreOffice."""
    for name in ("/usr/bin/python3", "python3", sys.executable):
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", "import uno"], capture_output=True, check=False).returncode == 0:
            return found
    return None


def calc(office: str, python: str, data: linked.Linked) -> tuple[list[float], list[float]]:
    """Seconds of each full recalculation; the last formula's last period in the first and the last line."""
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder:
        path = Path(folder) / "linked.xlsx"
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        page = book.add_worksheet()
        for r, line in enumerate(linked.cells(data)):
            page.write_row(r, 0, line)
        book.close()
        command = [python, "-c", CALC, office, str(path), f"{folder}/profile", "5"]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900).stdout.split("\n")
    pairs = [line.split() for line in told if line]
    return [float(v) for k, v in pairs if k == "time"], [float(v) for k, v in pairs if k == "last"]
