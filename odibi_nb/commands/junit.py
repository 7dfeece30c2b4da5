"""Unit tests as JUnit XML, which CI systems read."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from odibi_nb.pictures import failure_text
from odibi_nb.pictures.text import visible
from odibi_nb.views import TestsView, TestView

__all__ = ["junit_xml"]


def junit_xml(view: TestsView) -> bytes:
    """Return tests as one suite; a test's node is its class."""
    statuses = [test.status for test in view.tests]
    counts = {
        "tests": str(len(statuses)),
        "failures": str(statuses.count("failed")),
        "errors": str(statuses.count("error")),
        "skipped": "0",
        "time": f"{view.duration_s:.6f}",
    }
    root = ET.Element("testsuites", {"name": visible(view.title), **counts})
    began = datetime.now(UTC).isoformat(timespec="seconds")
    suite = ET.SubElement(root, "testsuite", {"name": visible(view.title), **counts, "timestamp": began})
    for test in view.tests:
        _add(suite, test)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _add(suite: ET.Element, test: TestView) -> None:
    """Add a test; control characters, which XML can't hold, are made visible."""
    case = ET.SubElement(suite, "testcase", classname=test.node, name=test.name, time=f"{test.duration_s:.6f}")
    if test.status != "passed":
        kind = "failure" if test.status == "failed" else "error"
        error = test.error.type if test.error is not None and kind == "error" else "UnitTestFailed"
        wrong = ET.SubElement(case, kind, message=visible(test.message), type=visible(error))
        wrong.text = failure_text(test)
    if test.output:
        ET.SubElement(case, "system-out").text = visible(test.output, lines=True)
