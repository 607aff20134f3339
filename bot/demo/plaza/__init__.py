"""Plaza: a small public platform with a Mastodon-compatible API and a page."""
