mod animation;
mod expressions;
mod faults;
mod kit;
mod reading;
mod round_trip;
mod springs;
