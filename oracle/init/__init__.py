"""The start of a project's own: an adapter with a toy store, a test, a baseline, a CI workflow, and how to grow.

``growth`` says in which order to offer operations, ``languages`` what a language's template needs, ``project`` what is
written where. The files themselves are in ``templates``: one folder for each language, and what all have in common.
"""
