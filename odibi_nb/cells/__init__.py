"""Cells and notebooks as text, read into plain values.

Nothing here runs a cell, except `definitions.execute_slice`, and nothing imports Jupyter: the kernel's
magics, headless runs and `validate` all read a cell through the same functions.
"""
