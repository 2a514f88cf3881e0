"""Histories of several clients: is every answer the answer of some order of the operations?"""
