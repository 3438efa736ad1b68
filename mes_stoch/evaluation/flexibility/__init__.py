"""What a site can offer: how far its exchange can leave a schedule, from when, for how long, and at what cost."""
