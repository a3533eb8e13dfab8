"""Pure functions on compiled KFP pipelines: documents in, documents out; no files, no Kale, no kfp."""
