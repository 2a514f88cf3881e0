"""What makes a site of the documents that the repository shows as they are."""
