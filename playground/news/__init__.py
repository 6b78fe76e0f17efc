"""What is new in the packs: a page, a feed and mail."""
