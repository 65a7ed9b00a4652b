"""What is known of accounts: files in, values typed, duplicates shown, the account file and look-ups."""
