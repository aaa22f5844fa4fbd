"""The whole engine on simulated locks, in simulated time, with everything going wrong by seed."""
