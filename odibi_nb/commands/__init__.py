"""The command table and its shell door, `odibi-nb`; `%odibi` is the other door."""
