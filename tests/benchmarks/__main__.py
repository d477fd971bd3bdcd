"""``make bench``: each module beside this one measures one part against what users would use instead."""

import importlib
import pkgutil

import tests.benchmarks


def main() -> None:
    for module in pkgutil.iter_modules(tests.benchmarks.__path__):
        if not module.name.startswith("_"):
            print(f"\n== {module.name}")
            importlib.import_module(f"tests.benchmarks.{module.name}").main()


if __name__ == "__main__":
    main()
