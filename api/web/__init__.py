"""The page script and the chat widget: TypeScript, and what is built of it."""
