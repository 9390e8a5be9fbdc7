"""Labelled moments at which a process of the product can be stopped; only tests start it so."""
