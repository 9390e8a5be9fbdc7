"""Executing an event once more: one run or many, as it was or changed, for real or dry."""
