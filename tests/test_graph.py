from dataclasses import dataclass, field

import pytest

from odibi_nb.exceptions import DependencyError
from odibi_nb.graph import DependencyGraph, digraph, node_ids
from odibi_nb.views import DagNodeView, DagView


@dataclass
class Node:
    name: str
    depends_on: list[str] = field(default_factory=list)


@pytest.fixture
def diamond() -> DependencyGraph:
    return DependencyGraph({"load": [], "left": ["load"], "right": ["load"], "joined": ["left", "right"], "other": []})


def test_order_puts_each_node_after_its_dependencies_and_else_keeps_the_declaration():
    graph = DependencyGraph({"report": ["clean"], "zebra": [], "clean": ["load"], "load": [], "apple": []})
    assert graph.topological_sort() == ["zebra", "load", "clean", "report", "apple"]


def test_a_valid_declaration_order_is_kept_as_it_is(diamond):
    assert diamond.topological_sort() == list(diamond.nodes)


def test_layers_are_depths_of_the_longest_path():
    graph = DependencyGraph({"a": [], "b": ["a"], "c": ["a", "b"], "d": ["a"]})
    assert graph.get_execution_layers() == [["a"], ["b", "d"], ["c"]]


def test_dependencies_and_dependents_are_transitive(diamond):
    assert diamond.get_dependencies("joined") == {"left", "right", "load"}
    assert diamond.get_dependents("load") == {"left", "right", "joined"}
    assert diamond.get_dependencies("other") == set()


def test_direct_dependencies_and_edges_are_not_transitive(diamond):
    assert diamond.direct_dependencies("joined") == ("left", "right")
    assert diamond.edges == [("load", "left"), ("load", "right"), ("left", "joined"), ("right", "joined")]


def test_independent_nodes_depend_on_nothing(diamond):
    assert diamond.get_independent_nodes() == ["load", "other"]


def test_nodes_may_be_objects_in_a_list_or_a_mapping():
    nodes = [Node("load"), Node("clean", ["load"])]
    assert DependencyGraph(nodes).nodes == {"load": nodes[0], "clean": nodes[1]}
    assert DependencyGraph({node.name: node for node in nodes}).edges == [("load", "clean")]


def test_a_dependency_named_twice_counts_once():
    assert DependencyGraph([Node("load"), Node("clean", ["load", "load"])]).edges == [("load", "clean")]


def test_an_empty_graph_is_fine():
    graph = DependencyGraph([])
    assert graph.topological_sort() == graph.get_execution_layers() == graph.edges == []
    assert graph.visualize() == ""


def test_a_missing_dependency_names_the_node_and_the_nearest_name():
    with pytest.raises(DependencyError, match="'clean_sales' depends on 'load_sale'") as caught:
        DependencyGraph({"load_sales": [], "clean_sales": ["load_sale"]})
    assert caught.value.node == "clean_sales"
    assert caught.value.hint == "did you mean 'load_sales'?"


def test_a_dependency_in_another_case_is_missing_and_the_hint_spells_it():
    with pytest.raises(DependencyError) as caught:
        DependencyGraph({"load": [], "clean": ["LOAD"]})
    assert caught.value.hint == "did you mean 'load'?"


def test_missing_names_can_be_kept_as_unresolved():
    graph = DependencyGraph({"a": ["later"], "b": ["a", "later"]}, allow_missing=True)
    assert graph.unresolved == {"later": ["a", "b"]}
    assert graph.topological_sort() == ["a", "b"]
    assert graph.direct_dependencies("b") == ("a",)


def test_a_name_given_twice_is_refused():
    with pytest.raises(DependencyError, match="two nodes are named 'load'") as caught:
        DependencyGraph([Node("load"), Node("load")])
    assert caught.value.node == "load"


def test_names_that_differ_only_in_case_are_refused():
    with pytest.raises(DependencyError, match="'Load' and 'load' differ only in upper and lower case"):
        DependencyGraph({"Load": [], "load": []})


def test_a_cycle_is_told_whole_and_in_order():
    with pytest.raises(DependencyError, match="a -> b -> c -> a") as caught:
        DependencyGraph({"start": [], "a": ["c", "start"], "b": ["a"], "c": ["b"]})
    assert caught.value.cycle == ("a", "b", "c")
    assert caught.value.node == "a"


def test_a_node_that_depends_on_itself_is_a_cycle():
    with pytest.raises(DependencyError, match="a -> a"):
        DependencyGraph({"a": ["a"]})


@pytest.mark.parametrize("lookup", ["get_dependencies", "get_dependents", "direct_dependencies"])
def test_an_unknown_name_is_an_error_with_a_suggestion(diamond, lookup):
    with pytest.raises(DependencyError, match="no node 'joint'") as caught:
        getattr(diamond, lookup)("joint")
    assert caught.value.hint == "did you mean 'joined'?"


@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        ({f"n{i}": [f"n{i - 1}"] if i else [] for i in range(10_000)}, 10_000),
        ({f"n{i}": ["n0"] if i else [] for i in range(10_000)}, 2),
    ],
    ids=["chain", "fan-out"],
)
def test_ten_thousand_nodes_are_built_checked_and_ordered(shape, layers):
    graph = DependencyGraph(shape)
    assert len(graph.topological_sort()) == 10_000
    assert len(graph.get_execution_layers()) == layers
    assert len(graph.get_dependents("n0")) == 9_999


def test_a_cycle_of_ten_thousand_nodes_is_found_without_recursion():
    with pytest.raises(DependencyError) as caught:
        DependencyGraph({f"n{i}": [f"n{(i - 1) % 10_000}"] for i in range(10_000)})
    assert len(caught.value.cycle) == 10_000


def test_the_text_picture_shows_layers_and_arrows(diamond):
    assert diamond.visualize().splitlines() == [
        "Layer 1",
        "  load",
        "  other",
        "Layer 2",
        "  left   ← load",
        "  right  ← load",
        "Layer 3",
        "  joined  ← left, right",
    ]


def test_the_text_picture_bounds_long_lines_and_marks_undeclared_names():
    graph = DependencyGraph({**{f"n{i}": [] for i in range(9)}, "all": [f"n{i}" for i in range(9)]})
    assert graph.visualize().endswith("all  ← n0, n1, n2, n3, n4, n5 and 3 more")
    open_graph = DependencyGraph({"a": ["later"]}, allow_missing=True)
    assert open_graph.visualize().endswith("a  ← later (not declared)")


def test_graphviz_gets_every_node_and_edge(diamond):
    source = diamond.to_graphviz().source
    assert "rankdir=LR" in source
    assert "\tother\n" in source
    assert "\tleft -> joined\n" in source


def test_graphviz_shows_the_rows_time_and_status_of_a_view(diamond):
    nodes = (
        DagNodeView("a", "source", "completed", "12", "3 ms"),
        DagNodeView("b", "pass", "unresolved"),
        DagNodeView("c", "sql", "cached", "1"),
    )
    source = diamond.to_graphviz(DagView("p", nodes, ())).source
    assert r'a [label="a\n12 rows · 3 ms" class=completed tooltip=completed]' in source
    assert r'c [label="c\n1 row" ' in source
    assert 'style="rounded,dashed"' in source


@pytest.mark.parametrize("name", ['a"b', "a:b", "a\\n", "<b>", "a -> b", "7", "größe", "", "a b"])
def test_names_that_dot_would_misread_get_an_id_and_keep_their_label(name):
    ids = node_ids(["plain", name])
    assert ids == {"plain": "plain", name: "1"}
    assert "\tplain -> 1\n" in digraph(ids, [("plain", name)]).source
