"""Work that outlives its request, decided and recorded for whoever asked for it."""
