"""The report that each run leaves: an HTML page, the same as JSON, and a page that lists them all."""

from odibi_nb.story.page import story_html
from odibi_nb.story.reading import story_of
from odibi_nb.story.text import story_text

__all__ = ["story_html", "story_of", "story_text"]
