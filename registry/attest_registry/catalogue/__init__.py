"""The SQL index over events and facts, and the sequencer of logs. The only package that imports SQLAlchemy.

It believes and verifies nothing: what it returns is as untrusted as everything else that a store says. `rows` holds its
values and loads nothing heavy; import `store` where a catalogue is opened, not before.
"""
