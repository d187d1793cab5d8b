//! The calendar: events made through a signed function address, heard by subscription, with public holidays.

pub mod form;
pub mod holidays;
pub mod ics;
pub mod layout;
pub mod model;
pub mod when;
