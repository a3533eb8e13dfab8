"""Notebooks of Kale 0.7 for Kale 2.3: metadata and tags turned, what Rok did asked of rok, and each change told."""
