"""What is known of accounts: files read in, values typed, duplicates shown, the account file and its look-ups."""
