"""Small helpers that every other package uses: array types, frame times, masks, easing, headings, files."""
