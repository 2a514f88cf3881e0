"""Do the roles of a protocol fit? A search over the product of their local types with the session's buffers."""
