"""The crash matrix: every labelled point, every victim, and what came of the events under way."""
