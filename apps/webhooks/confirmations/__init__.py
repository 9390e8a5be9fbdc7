"""What providers report back about what was sent: delivered, opened, bounced."""
