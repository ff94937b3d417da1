"""The model server: one ASGI application that answers every platform's protocol."""
