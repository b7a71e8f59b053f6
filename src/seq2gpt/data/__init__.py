"""Text to learn from: the corpus that every Python installation carries, and files of your own."""
