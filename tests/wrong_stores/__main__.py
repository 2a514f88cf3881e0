import sys

from oracle.adapter_reference import main
from tests.wrong_stores.rules import RULES

if __name__ == "__main__":
    RULES[sys.argv[1]]()
    main([])
