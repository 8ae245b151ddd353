"""The terminal console: what a descent looks like while it happens."""
