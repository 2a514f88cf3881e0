"""A second session store in Python, written from ``docs/contract.md`` alone.

It shares nothing with ``model/``: plain dictionaries in place of records, a JSON reader of its own, another cut into
parts. That it agrees with the gate is a test of the contract's text; its small methods are where wrong stores differ.
``python -m tests.second_store [CONTRACT]`` serves it as an adapter.
"""
