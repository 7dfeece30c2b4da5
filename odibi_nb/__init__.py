"""odibi_nb: a Jupyter notebook as a data pipeline."""
