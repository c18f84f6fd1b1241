"""Model cards: from verified claims to Markdown and HTML, and back to what people wrote between. Pure."""
