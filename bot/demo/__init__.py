"""A world to try the bot in: a strict local Slack and a small public platform. No other part uses it."""
