"""Whatever a file holds, reading it gives rows or one of our errors, and never the error of a library."""

import functools
import io
import os

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from odibi_nb import Pipeline
from odibi_nb.config import NodeConfig, PipelineConfig, ReadConfig
from odibi_nb.connections import LocalConnection
from odibi_nb.exceptions import NodeExecutionError, OdibiException

FRAME = pd.DataFrame({"id": [1, 2, 3], "region": ["N", None, "ü"], "at": pd.to_datetime(["2024-01-01"] * 3)})


@functools.cache
def valid(extension):
    buffer = io.BytesIO()
    if extension == "parquet":
        FRAME.to_parquet(buffer)
    elif extension == "xlsx":
        FRAME.to_excel(buffer, index=False)
    else:
        text = (
            FRAME.to_csv(index=False)
            if extension == "csv"
            else FRAME.to_json(orient="records", date_format="iso", lines=extension == "jsonl")
        )
        buffer.write(text.encode())
    return buffer.getvalue()


@st.composite
def damaged(draw, whole):
    """A sound file with some bytes changed, taken out, or put in; or cut off."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from([0, 1, 2, 16]))
        content[at : at + length] = draw(st.binary(max_size=4))
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


def read(folder, extension, engine, content):
    """Run a pipeline that reads `content`; return its rows' count, or None where it was refused in our words."""
    (folder / f"a.{extension}").write_bytes(content)
    load = NodeConfig(name="load", read=ReadConfig(connection="local", path=f"a.{extension}"))
    config = PipelineConfig(pipeline="random", nodes=[load])
    results = Pipeline(config, connections={"local": LocalConnection(folder)}, engine=engine).run()
    result = results.get_node_result("load")
    if result.success:
        return result.rows_processed
    assert isinstance(result.error, OdibiException)
    assert not isinstance(result.error, NodeExecutionError), result.error
    assert not str(result.error).startswith("Internal")
    assert len(result.error.message) < 2_000
    return None


QUICK = settings(
    max_examples=int(os.environ.get("ODIBI_NB_EXAMPLES", "15")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("extension", ["csv", "parquet", "json", "jsonl", "xlsx"])
@QUICK
@given(content=st.binary(max_size=300))
@example(b"")
@example(b"\0")
@example(b"\xff\xfe")
@example(b'"')
@example(b"a,a\n")
@example(b"[")
@example(b"{}")
@example(b"PAR1PAR1")
@example(b"PK\x03\x04")
def test_random_bytes(tmp_path, engine, extension, content):
    read(tmp_path, extension, engine, content)


@pytest.mark.parametrize("extension", ["csv", "parquet", "json", "jsonl", "xlsx"])
@QUICK
@given(data=st.data())
def test_a_sound_file_with_a_few_bytes_changed(tmp_path, engine, extension, data):
    read(tmp_path, extension, engine, data.draw(damaged(valid(extension))))


@pytest.mark.parametrize("extension", ["csv", "parquet", "json", "jsonl", "xlsx"])
def test_the_sound_file_is_read(tmp_path, engine, extension):
    assert read(tmp_path, extension, engine, valid(extension)) == 3
