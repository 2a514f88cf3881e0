"""The claims watched on what an implementation does: live monitors, and which claims it keeps and breaks."""
