"""Reading a JSON text as a value of a named type, and printing it back (contract §20).

Below all, ``texts`` turns a text into a tree that keeps the spelling of numbers and repeated keys. ``shapes`` says how
each kind of type is read, ``table`` lists the types as §20 does, and ``reading`` says what §20 says of a text.
"""
