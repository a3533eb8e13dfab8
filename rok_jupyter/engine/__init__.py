"""A library for repositories in the restic format; knows no notebook, volume, Kubernetes or HTTP."""
