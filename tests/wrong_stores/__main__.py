import sys

from telltale_conformance.oracle.adapters.serve_reference import main
from tests.wrong_stores.hardened import HARDENED
from tests.wrong_stores.rules import RULES, correct
from tests.wrong_stores.unsteady import UNSTEADY

if __name__ == "__main__":
    {"correct": correct, **RULES, **HARDENED, **UNSTEADY}[sys.argv[1]]()
    main(sys.argv[2:])
