"""Where a repository's files live: one module per kind of place."""
