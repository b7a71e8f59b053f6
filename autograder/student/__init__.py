"""What a student does in their own folder: start, check, ask for a hint, see how far they are, update, hand in."""
