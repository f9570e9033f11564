"""The bundled shop and its guided tour."""
