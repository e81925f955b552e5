"""mailhub: a self-hosted hub through which a business sends its mail."""
