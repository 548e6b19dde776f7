"""What every command shares: options, errors, files, figures."""
