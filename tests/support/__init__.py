"""What several test modules share: servers, builders and clients."""
