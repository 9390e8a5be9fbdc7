"""Where a field goes to and comes from, and everything that is known about one person."""
