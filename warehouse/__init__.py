"""Builds releases from accepted rows with the SQL files beside it, checks them, opens them and leads numbers back."""
