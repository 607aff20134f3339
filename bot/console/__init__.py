"""The web side: health and measures for machines, pages for managers and reviewers."""
