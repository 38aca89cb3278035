"""A physical home and its devices, each speaking its real protocol on loopback."""
