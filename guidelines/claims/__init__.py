"""How a post is compared with the facts: read, gate, retrieve, compare."""
