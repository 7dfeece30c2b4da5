"""What odibi_nb costs, measured: `python -m benchmarks` (see README.md)."""
