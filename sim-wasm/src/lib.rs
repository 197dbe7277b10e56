//! A herd of servers in virtual time.
