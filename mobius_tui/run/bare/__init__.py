"""What keepers are made of: run bare, without `site`, it imports next to nothing."""
