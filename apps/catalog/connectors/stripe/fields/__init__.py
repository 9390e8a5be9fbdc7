"""What Tandem reads of Stripe's objects, one declaration per field.

Triggers and read actions share these declarations, so a field has the same
name and meaning wherever it appears.
"""
