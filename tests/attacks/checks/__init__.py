"""The checks that stop the attacks: where each stands in the code, and the text that takes it out."""
