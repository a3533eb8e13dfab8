"""Back at a step: its files, its variables, and the cell that comes next."""
