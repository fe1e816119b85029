"""What comes after."""
