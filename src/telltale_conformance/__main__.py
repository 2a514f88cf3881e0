"""The command line as ``python -m telltale_conformance``."""

from telltale_conformance.oracle.cli.app import main

if __name__ == "__main__":
    main()
