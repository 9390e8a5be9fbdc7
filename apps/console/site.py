"""The admin's site: its name, its look, and its first page."""
