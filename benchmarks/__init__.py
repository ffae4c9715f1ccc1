"""How fast the library is, beside its peers, in one run: `make bench`."""
