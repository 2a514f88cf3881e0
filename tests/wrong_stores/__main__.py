import sys

from oracle.adapter_reference import main
from tests.wrong_stores.rules import RULES, correct

if __name__ == "__main__":
    {"correct": correct, **RULES}[sys.argv[1]]()
    main([])
