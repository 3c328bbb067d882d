"""What a client of Limner imports: generated stubs, channels, failures and the command line. No torch."""
