"""Files become a manifest: a folder is walked, hashed, recognised and packed."""
