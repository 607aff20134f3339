"""The budgets of the design, each measured by a module of its own. `python -m bot.bench` prints them as one table."""
