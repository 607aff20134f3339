"""Events in, cards out: everything that people see and do in Slack."""
