"""The restic format, version 2: pure bytes and values, no files and no threads."""
