"""How runs are found again: which payload fields are indexed, and the filters that people keep."""
