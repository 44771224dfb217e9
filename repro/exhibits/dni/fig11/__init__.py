"""One DNI at each position of a 6-layer net: test error."""
