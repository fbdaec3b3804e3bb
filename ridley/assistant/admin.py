"""Nothing here: rows of a tenant are never edited in the installation's admin, only through the one door."""
