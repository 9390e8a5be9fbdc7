"""Quarantine: what was signed and can't be used, until a person says what becomes of it."""
