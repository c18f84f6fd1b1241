"""A claim becomes a bundle: DSSE envelope, signature, Sigstore bundle."""
