"""Who is believed: keys, identities and roots that an operator named."""
