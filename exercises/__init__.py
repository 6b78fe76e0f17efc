"""The content: packs of cards with runnable cells. Plain Python and files, no Django."""
