# ruff: noqa: D100, SIM105  a docstring or an import would stay in the user's namespace
# Registers %rok in every kernel of this environment; rok_jupyter does the rest when it is first used. Whatever goes
# wrong here, the kernel starts, and `%load_ext rok_jupyter` says why.
try:
    __import__("rok_jupyter").load_ipython_extension(get_ipython())  # noqa: F821  IPython puts it there
except Exception:  # noqa: BLE001, S110
    pass
