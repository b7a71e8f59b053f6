"""What a right answer satisfies, lesson by lesson."""
