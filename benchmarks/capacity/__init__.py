"""How many cards a load needs: production's queue, choice of replica and arbiter over virtual time."""
