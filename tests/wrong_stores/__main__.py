import sys

from telltale_conformance.oracle.adapters.serve_reference import main
from tests.wrong_stores.hardened import HARDENED
from tests.wrong_stores.rule_table import correct
from tests.wrong_stores.rules import RULES
from tests.wrong_stores.unsteady import UNSTEADY

CHANGES = {"correct": correct, **RULES, **HARDENED, **UNSTEADY}


def serve_of_catalogue(name: str) -> None:
    """Serve a store of the catalogue, which takes longer to import."""
    from tests.second_store.__main__ import serve
    from tests.wrong_stores.catalogue import BY_NAME

    wrong = BY_NAME[name]
    if wrong.made_from == "reference":
        wrong.change()
        main(["--contract", wrong.contract])
    else:
        sys.setrecursionlimit(100_000)
        serve(wrong.change, wrong.contract)


if __name__ == "__main__":
    if sys.argv[1] in CHANGES:
        CHANGES[sys.argv[1]]()
        main(sys.argv[2:])
    else:
        serve_of_catalogue(sys.argv[1])
