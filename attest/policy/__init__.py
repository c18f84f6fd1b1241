"""Facts become a verdict. Pure: same policy, facts and time give the same verdict."""
