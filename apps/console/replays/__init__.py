"""Pages about running events again: one run, many of them, and dry."""
