"""Every-layer DNI: test error and training curves against depth."""
