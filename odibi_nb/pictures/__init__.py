"""Static pictures of the view models: HTML or SVG without scripts or network, and the same as text."""

from odibi_nb.pictures.card import error_html, error_text, node_html, node_text
from odibi_nb.pictures.dag import dag_html, dag_svg, dag_text
from odibi_nb.pictures.diff import diff_html, diff_text
from odibi_nb.pictures.expectation import expectation_html, expectation_text
from odibi_nb.pictures.layout import warm
from odibi_nb.pictures.lineage import lineage_html, lineage_text
from odibi_nb.pictures.mermaid import dag_mermaid
from odibi_nb.pictures.parameters import parameters_html, parameters_text
from odibi_nb.pictures.plan import plan_html, plan_text
from odibi_nb.pictures.profile import profile_html, profile_text
from odibi_nb.pictures.progress import ended_text, progress_facts, progress_html, progress_text, time_text
from odibi_nb.pictures.query import query_html, query_text
from odibi_nb.pictures.run import run_html, run_text
from odibi_nb.pictures.stored import store_html, store_text
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.table import listing_html, listing_text, table_html, table_text
from odibi_nb.pictures.testing import failure_text, unit_test_html, unit_test_text, unit_tests_html, unit_tests_text

__all__ = [
    "dag_html",
    "dag_mermaid",
    "dag_svg",
    "dag_text",
    "diff_html",
    "diff_text",
    "ended_text",
    "error_html",
    "error_text",
    "expectation_html",
    "expectation_text",
    "failure_text",
    "framed",
    "lineage_html",
    "lineage_text",
    "listing_html",
    "listing_text",
    "node_html",
    "node_text",
    "parameters_html",
    "parameters_text",
    "plan_html",
    "plan_text",
    "profile_html",
    "profile_text",
    "progress_facts",
    "progress_html",
    "progress_text",
    "query_html",
    "query_text",
    "run_html",
    "run_text",
    "store_html",
    "store_text",
    "table_html",
    "table_text",
    "time_text",
    "unit_test_html",
    "unit_test_text",
    "unit_tests_html",
    "unit_tests_text",
    "warm",
]
