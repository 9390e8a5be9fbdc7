"""Views for reporting tools: what may be read with SQL, under names that stay."""
