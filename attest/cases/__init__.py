"""Cases of a policy: what would be allowed, what denied, and with which codes. Run by `attest policy test`."""
