"""One batch on its way: request → fetch → decode → read → extract → store → response."""
