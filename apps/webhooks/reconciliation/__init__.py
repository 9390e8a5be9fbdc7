"""Reconciliation: the provider's own list of events, compared with what arrived."""
