"""Which jail is possible on this machine, and what to do where none is."""


def require_namespaces() -> str:
    return "root"
