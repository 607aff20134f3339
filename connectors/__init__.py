"""The platforms. This package knows nothing of the bot or of the guidelines."""
