import itertools
import os
import threading
from pathlib import Path

import graphviz
import pytest

from odibi_nb.graph import digraph
from odibi_nb.pictures import wasm
from odibi_nb.pictures.layout import lay_out, lay_out_in_layers, warm


@pytest.fixture
def fresh_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A process that has drawn nothing yet, and a user without a cache: its folder is returned."""
    monkeypatch.setattr(wasm, "_graphviz", None)
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    return tmp_path


@pytest.fixture
def no_wasm(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(dot: str) -> str:
        raise wasm.LayoutFailed("not here")

    monkeypatch.setattr(wasm, "lay_out", refuse)


def chain(*names: str) -> graphviz.Digraph:
    return digraph(names, itertools.pairwise(names))


def test_nodes_of_a_chain_stand_from_left_to_right():
    layout = lay_out(chain("a", "b", "c"))
    xs = [layout.nodes[name][0] for name in "abc"]
    assert xs == sorted(xs)
    assert [edge[:2] for edge in layout.edges] == [("a", "b"), ("b", "c")]


def test_everything_lies_inside_the_picture_and_splines_are_cubic():
    layout = lay_out(digraph("abcd", [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]))
    points = [*layout.nodes.values(), *(point for _, _, spline in layout.edges for point in spline)]
    assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in points)
    assert all(len(spline) % 3 == 1 for _, _, spline in layout.edges)


def test_names_that_are_keywords_of_dot_are_found_again():
    assert set(lay_out(chain("node", "graph", "strict")).nodes) == {"node", "graph", "strict"}


def test_a_chain_of_a_thousand_nodes_is_laid_out(monkeypatch):
    monkeypatch.setattr(wasm, "TIME_LIMIT_S", 60)  # it takes a fifth of a second, where nothing else goes on
    assert len(lay_out(chain(*(f"n{i}" for i in range(1000)))).nodes) == 1000


def test_threads_may_draw_at_the_same_time():
    pictures = [chain(*(f"n{i}_{j}" for j in range(30))) for i in range(8)]
    found: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda i=i: found.update({i: len(lay_out(pictures[i]).nodes)})) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(8), 30)


def test_the_machine_code_is_cached_for_the_next_process(fresh_engine, monkeypatch):
    import wasmtime

    warm()
    assert wasm.cache_path().is_relative_to(fresh_engine)
    assert wasm.cache_path().exists()

    monkeypatch.setattr(wasm, "_graphviz", None)
    monkeypatch.setattr(wasmtime, "Module", type("NoCompiler", (), {"deserialize": wasmtime.Module.deserialize}))
    assert lay_out(chain("a", "b")) is not None


@pytest.mark.parametrize("damage", [lambda code: b"", lambda code: code[:-1], lambda code: code[:-1] + b"\x00\x01"])
def test_a_damaged_cache_is_made_anew(fresh_engine, monkeypatch, damage):
    warm()
    whole = wasm.cache_path().read_bytes()
    wasm.cache_path().write_bytes(damage(whole))
    monkeypatch.setattr(wasm, "_graphviz", None)
    assert lay_out(chain("a", "b")) is not None
    assert len(wasm.cache_path().read_bytes()) == len(whole)


def test_a_cache_that_cannot_be_written_is_done_without(fresh_engine):
    (fresh_engine / "odibi_nb").write_text("a file where the folder should be")
    (fresh_engine / "Library").write_text("the same on macOS")
    assert lay_out(chain("a", "b")) is not None


def test_a_layout_that_takes_too_long_is_given_up_and_the_next_one_works(monkeypatch):
    monkeypatch.setattr(wasm, "TIME_LIMIT_S", 0.05)
    names = [f"n{i}" for i in range(300)]
    dense = digraph(names, [(names[i], names[j]) for i in range(300) for j in range(i + 1, min(i + 9, 300))])
    with pytest.raises(wasm.LayoutFailed):
        wasm.lay_out(dense.source)
    monkeypatch.setattr(wasm, "TIME_LIMIT_S", 10)
    assert lay_out(chain("a", "b")) is not None


def test_a_graph_that_graphviz_refuses_is_an_error_of_ours():
    with pytest.raises(wasm.LayoutFailed):
        wasm.lay_out("digraph {")


def test_without_any_graphviz_there_is_no_layout(no_wasm, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lay_out(chain("a", "b")) is None


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a shell script")
def test_the_systems_dot_is_used_where_the_package_is_missing(no_wasm, monkeypatch, tmp_path):
    dot = tmp_path / "dot"
    dot.write_text('#!/bin/sh\ncat >/dev/null\nprintf "graph 1 2 1\\nnode a 0.5 0.25 1 1 a\\nstop\\n"\n')
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    layout = lay_out(chain("a"))
    assert (layout.width, layout.height) == (144, 72)
    assert layout.nodes == {"a": (36, 54)}


def test_layers_without_graphviz_keep_nodes_apart_and_near_their_upstreams():
    edges = [("a", "x"), ("b", "y"), ("b", "z")]
    layout = lay_out_in_layers(list("abxyz"), edges, card=(100, 40), gap=(50, 10))
    assert layout.nodes == {"a": (50, 20), "b": (50, 70), "x": (200, 20), "y": (200, 70), "z": (200, 120)}
    assert (layout.width, layout.height) == (250, 140)
    assert layout.edges[1] == ("b", "y", ((100, 70), (125, 70), (125, 70), (150, 70)))
