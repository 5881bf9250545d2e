"""The steps of a contribution, one module each: `step` shows it and keeps what is chosen."""
