"""The Jupyter Server extension: REST, tasks on the event bus, the schedule's clock. asyncio lives only here."""
