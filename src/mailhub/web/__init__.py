"""The shell of the pages: what a page is declared with, and what every page has around it."""
