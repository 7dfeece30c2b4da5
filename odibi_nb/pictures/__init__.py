"""Static pictures of the view models: HTML or SVG without scripts or network, and the same as text."""

from odibi_nb.pictures.card import error_html, error_text, node_html, node_text
from odibi_nb.pictures.dag import dag_html, dag_svg, dag_text
from odibi_nb.pictures.diff import diff_html, diff_text
from odibi_nb.pictures.layout import warm
from odibi_nb.pictures.profile import profile_html, profile_text
from odibi_nb.pictures.run import run_html, run_text
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.table import listing_html, listing_text, table_html, table_text

__all__ = [
    "dag_html",
    "dag_svg",
    "dag_text",
    "diff_html",
    "diff_text",
    "error_html",
    "error_text",
    "framed",
    "listing_html",
    "listing_text",
    "node_html",
    "node_text",
    "profile_html",
    "profile_text",
    "run_html",
    "run_text",
    "table_html",
    "table_text",
    "warm",
]
