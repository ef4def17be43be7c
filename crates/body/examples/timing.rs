//! temp
use reverie_body::*; use std::time::Instant;
fn main(){ let t=Instant::now(); let pack=Pack::load(std::path::Path::new("assets/avatars/people.pack")).unwrap(); eprintln!("load {:?}",t.elapsed());
let t=Instant::now(); pack.prepare(); eprintln!("prepare {:?}",t.elapsed());
for i in 0..6 { let s=AvatarSpec::random(i); let t=Instant::now(); let _b=Body::build(&pack,&s).unwrap(); eprintln!("build {:?} {:?}",s.hair.style,t.elapsed()); } }
