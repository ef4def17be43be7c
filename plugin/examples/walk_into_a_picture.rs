//! Walk into a picture: WASD and the mouse (click to look around), F1 for figures.
use bevy::prelude::*;
use bevy_reverie::prelude::*;

fn main() {
    App::new()
        .add_plugins((DefaultPlugins, ReveriePlugins))
        .add_systems(Startup, |mut commands: Commands| {
            let picture = std::env::args().nth(1);
            let picture = picture.as_deref().unwrap_or("seeds/mountain_trail.jpg");
            commands.spawn((WorldView::new(picture), Embodiment::Free, WorldCamera::default()));
        })
        .add_systems(Update, |mut started: MessageReader<WorldStarted>| {
            for world in started.read() {
                info!("{} became a world", world.seed);
            }
        })
        .run();
}
