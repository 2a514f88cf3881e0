"""The rows of contract §20: what a reader refuses, what it reads although we print it otherwise, what is not judged."""

from __future__ import annotations

from enum import Enum


class Refusal(Enum):
    """A row of §20 by which a text is refused: its name, what it demands, and what is the case where it refuses."""

    JSON = (
        "the text",
        "the text is exactly one JSON value with white space around",
        "the text is not exactly one JSON value",
    )
    RECORD = "records", "a record is an object or an array", "a record is neither an object nor an array"
    REPEATED = "records: once", "a known field is given once", "a known field is given twice"
    ABSENT = (
        "records: absent",
        "a field without default and without ? is there",
        "a field without default and without ? is absent",
    )
    NULL = "records: null", "null stands only for a field with ?", "null stands for a field without ?"
    TOO_FEW = (
        "records from arrays: missing",
        "only trailing fields with a default are missing",
        "a field without default is missing at the end of an array",
    )
    TOO_MANY = (
        "records from arrays: too many",
        "there are no more values than fields",
        "there are more values than fields",
    )
    VARIANT = "variants", "a variant is a text or an object", "a variant is neither a text nor an object"
    KEYS = "variants: one key", "the object has one key, once", "the object has no key, two, or one twice"
    NAME = "variants: name", "the name is one of the type's", "the name is none of the type's"
    NO_PAYLOAD = (
        "variants: null",
        "a variant without payload has null, if anything",
        "a variant without payload has something other than null",
    )
    PAYLOAD = (
        "variants: payload",
        "a variant with payload is an object",
        "a variant with payload is its name alone",
    )
    LENGTH = (
        "pairs and triples",
        "a pair or a triple is an array of its length",
        "a pair or a triple is something else",
    )
    ARRAY = "sets and lists", "a set or a list is an array", "a set or a list is something else"
    INTEGER = (
        "integers",
        "an integer is digits only, without leading zero, from 0 to 2^64-1",
        "something else stands where an integer is due, digits only, from 0 to 2^64-1",
    )
    KEY = (
        "integers: keys",
        "a key of a table by integer is digits, from 0 to 2^64-1",
        "a key of a table by integer is something else",
    )
    TABLE = "integers: table", "a table by integer is an object", "a table by integer is something else"
    EMPTY = (
        "SessionState: tables",
        "each of the seven tables is an empty object",
        "one of the seven tables is something else",
    )
    TEXT = "texts", "a text is a text", "something else stands where a text is due"
    SURROGATE = "texts: surrogates", "surrogates stand in pairs", "a surrogate stands alone"
    BOOL = "bools", "a bool is true or false", "something else stands where true or false is due"
    HASH = (
        "Hash",
        "a hash is an array of exactly 32 integers from 0 to 255",
        "a hash is something else",
    )

    def __init__(self, row: str, holds: str, failed: str) -> None:
        self.row = row
        self.holds = holds
        self.failed = failed


class Leniency(Enum):
    """A row of §20 by which a text is read that we print otherwise."""

    ORDER = "records: fields in any order"
    UNKNOWN = "records: an unknown field is ignored, whatever and however often"
    NULL_TAKEN = "records: an absent field with ? is null"
    DEFAULT_TAKEN = "records: an absent field takes its default"
    ARRAY_FORM = "records: from an array, in the order of the fields"
    DEFAULT_MISSING = "records from arrays: trailing fields with a default may be missing"
    NULL_VARIANT = "variants without payload: as an object that gives null"
    SET_ORDER = "sets: in any order, printed ascending"
    SET_REPEATS = "sets: repeats are dropped"
    REPEATED_KEY = "integers as keys: of a repeated key the last counts"
    UNEQUAL_LISTS = "AuthProof: lists of unequal lengths are read"
    ESCAPES = "texts: all JSON escapes"
    WHITE_SPACE = "the text: white space is free"
    GREAT = "integers: exact up to 2^64-1"
    DEEP = "the text: 60 levels of nesting are read"


class Doubt(Enum):
    """Why §20 does not say what becomes of a text."""

    NESTING = "it nests deeper than 60 levels"
    IGNORED_TEXT = "a text in an ignored field has a lone surrogate"
    KEY_SPELLING = "an integer as key has a leading zero, a plus sign or an escape"
    HARDENED = "it names a variant that a rule of hardened adds"
