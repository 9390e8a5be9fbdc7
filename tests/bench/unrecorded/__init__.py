"""The product as it would be without the records of steps; only the benchmark can start it so."""
