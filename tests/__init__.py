"""The proof of the book: models, exercises, pages."""
