"""Real servers for the connectors to prove themselves against; `make servers` installs what they need and runs them."""
