"""The application: what is done with posts, drafts and replies, and the places where people see it."""
