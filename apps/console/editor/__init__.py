"""The editor: one page, and the JSON API that its script talks to."""
