"""The studio on many machines: Ray places the ordinary services, and a file tells the gateway where."""
