"""The reference store behind the adapter protocol: ``python -m telltale_conformance.adapters.reference``."""

from telltale_conformance.oracle.adapters.serve_reference import main

if __name__ == "__main__":
    main()
