"""Accounts that are authorised at their provider instead of by pasted keys (OAuth 2.0)."""
