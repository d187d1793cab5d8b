//! Movies: one for everyone, votes and their leaderboard, a chat.

pub mod shipped;
