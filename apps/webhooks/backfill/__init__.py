"""Backfill: past events of a chosen window, run through one workflow."""
