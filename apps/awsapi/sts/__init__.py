"""GetCallerIdentity of STS: many tools ask first whose keys they hold. No other operation of STS is here."""
