"""The pages on which operators make apps of their own."""
