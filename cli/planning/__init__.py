"""What so many pictures a day take."""
