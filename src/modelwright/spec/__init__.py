"""What users write: frozen, strict values that say what an ML platform is, and nothing about any cloud."""
