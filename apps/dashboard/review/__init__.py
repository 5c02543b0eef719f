"""Parts of the pages in which an assessment is seen, corrected, signed and taken out."""
