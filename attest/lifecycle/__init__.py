"""What a model's names mean and how that changes: a signed, hash-chained log of events for each model."""
