"""Everything that can say no. Pure: no database, no network, no clock of its own."""
