"""Measures rok-jupyter against the tools a user could pick instead, in one run, as ratios. Never a test."""
