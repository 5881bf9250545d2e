"""What a row, a declaration and an issue are: models, code lists and words. Imports nothing of the commons."""
