# ruff: noqa: D100, SIM105  a docstring or an import would stay in the user's namespace
# Lets Kale put snapshots into the pipelines that it compiles in kernels of this environment: nothing is imported but a
# small module that waits for Kale. Whatever goes wrong here, the kernel starts, and Kale works as without rok.
try:
    __import__("kale_bridge").enable()
except Exception:  # noqa: BLE001, S110
    pass
