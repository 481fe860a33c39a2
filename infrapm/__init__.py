"""infrapm: the models, explorers and exercises behind the book on infrastructure product management.

`models` computes, `explore` shows, `exercises` joins the two for each chapter, `site` puts them on
the book's pages.
"""

__version__ = "0.1.0"
