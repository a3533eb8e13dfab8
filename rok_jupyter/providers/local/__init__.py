"""The local provider: volumes are directories, snapshots live in a repository in the restic format."""
