"""The only door: verbs on volumes and snapshots, with the rules that hold for every provider."""
