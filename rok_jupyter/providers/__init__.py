"""Providers: who owns volumes, and snapshots, restores, clones and attaches them.

`protocol` is the seam, `registry` opens a provider by the name in the settings, one package each implements it.
"""
