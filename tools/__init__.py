"""Tools of the developers: they write the data and tables that are kept in the tree."""
