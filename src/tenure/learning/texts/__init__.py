"""What customers write, in tickets, surveys and on leaving: themes, tone, and who left after."""
