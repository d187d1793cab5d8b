//! Votes, rotation and chat, over the ports in memory.
